// The composition root of the gateway: the only file here that knows the adapters.
export * from './contract.ts';
