// The reference tree of the certificate-transparency project (its C++ and Go merkle tests): eight leaves, every root,
// and the paths and consistency proofs that those tests list.
import { describe, expect, it } from 'vitest';
import { consistencyProof } from './consistency.ts';
import { Frontier } from './frontier.ts';
import { hashLeaf } from './hash.ts';
import { inclusionProof } from './inclusion.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (list: readonly Uint8Array[]) => list.map((hash) => Buffer.from(hash).toString('hex'));

const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (text) => hashLeaf(bytes(text)),
);
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const A = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7';
const B = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e';
const C = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4';
const D = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b';
const E = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0';
const F = '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a';
const [R1, R2, , R4] = ROOTS as [string, string, string, string];

describe('certificate-transparency reference tree', () => {
  it('has its roots', () => {
    const frontier = new Frontier();
    const roots = leaves.map((leaf) => {
      frontier.append(leaf);
      return frontier.root();
    });
    expect(hex(roots)).toEqual(ROOTS);
  });

  it('has its audit paths', () => {
    expect(hex(inclusionProof(leaves, 0, 1))).toEqual([]);
    expect(hex(inclusionProof(leaves, 0, 8))).toEqual([A, B, C]);
    expect(hex(inclusionProof(leaves, 5, 8))).toEqual([D, E, R4]);
    expect(hex(inclusionProof(leaves, 2, 3))).toEqual([R2]);
    expect(hex(inclusionProof(leaves, 1, 5))).toEqual([R1, B, D]);
  });

  it('has its consistency proofs', () => {
    expect(hex(consistencyProof(leaves, 1, 1))).toEqual([]);
    expect(hex(consistencyProof(leaves, 1, 8))).toEqual([A, B, C]);
    expect(hex(consistencyProof(leaves, 6, 8))).toEqual([F, E, R4]);
    expect(hex(consistencyProof(leaves, 2, 5))).toEqual([B, D]);
  });
});
