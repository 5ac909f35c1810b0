import { digestOf } from '../../digest-of.js';
import type { PlaceRecord } from '../../records.js';

/** This front's name in what is stored. */
export const DFLOCKD = 'dflockd';

/** Begins what stands for a credential, and no credential: a line feed is in no line. */
const SEAL = '\n';

/** What is stored of a place of this front. */
export interface DflockdRecord {
  /** Of the credential: nobody can use it who reads it. */
  readonly digest: string;
  readonly connection: number;
}

/** What stands for a credential that is no more known than by its digest. */
export function sealOf(credential: string): string {
  return SEAL + digestOf(credential, 'latin1').toString('base64url');
}

/** @param credential Or what stands for it. */
export function recordOf(credential: string, connection: number): PlaceRecord {
  const seal = credential.startsWith(SEAL) ? credential : sealOf(credential);
  const data: DflockdRecord = { digest: seal.slice(SEAL.length), connection };
  return { front: DFLOCKD, data };
}

/** Understands what was stored. @returns Undefined if that is nothing that this front has written. */
export function readRecord(data: unknown): { readonly seal: string; readonly connection: number } | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { digest, connection } = data as Partial<Record<keyof DflockdRecord, unknown>>;
  if (typeof digest !== 'string' || !Number.isSafeInteger(connection)) return undefined;
  return { seal: SEAL + digest, connection: connection as number };
}
