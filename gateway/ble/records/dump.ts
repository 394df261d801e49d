// One run of "report stored records" of a service.
export interface Dump {
  readonly service: string;
}
