import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { OctoStoreClient, type OctoStoreClientOptions } from '../../../../src/compat/octostore/index.js';
import { DialectServer } from '../../../support/octostore-dialect.js';
import { FrontServer } from '../../../support/octostore-front.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';

/** A server that the drop-in client must get along with. */
export interface Server {
  readonly url: string;
  readonly port: number;
  readonly tokens: { readonly alice: string; readonly bob: string };
  ask(method: string, path: string, body?: object, token?: string): Promise<{ status: number; json: unknown }>;
}

/** A `describe` with the server that the documents describe. */
export function describeWithDialect(name: string, tests: (server: () => DialectServer) => void): void {
  describe(name, () => {
    let server: DialectServer | undefined;
    beforeAll(async () => {
      server = await DialectServer.start();
    });
    afterAll(async () => {
      await server?.stop();
    });
    tests(() => server!);
  });
}

/** A `describe` with our own front, in the dialect of the documents. */
export function describeWithFront(name: string, tests: (server: () => FrontServer) => void): void {
  describe(name, () => {
    let server: FrontServer | undefined;
    beforeAll(async () => {
      server = await FrontServer.start({ dialect: 'documents' });
    });
    afterAll(async () => {
      await server?.stop();
    });
    tests(() => server!);
  });
}

/** The same tests with a real server, with the one that the documents describe, and with our own front in their dialect. */
export function describeWithAll(name: string, tests: (server: () => Server) => void): void {
  describeWithOctoStore(`${name}, on a real server`, tests);
  describeWithDialect(`${name}, on the documents' server`, tests);
  describeWithFront(`${name}, on our own front in the documents' dialect`, tests);
}

/** Makes clients that are closed after each test. To be called inside of a `describe`. */
export function clients(server: () => Server): (options?: OctoStoreClientOptions) => OctoStoreClient {
  const made: OctoStoreClient[] = [];
  afterEach(async () => {
    await Promise.all(made.splice(0).map((client) => client.close()));
  });
  return (options = {}) => {
    const client = new OctoStoreClient({ baseUrl: server().url, token: server().tokens.alice, ...options });
    made.push(client);
    return client;
  };
}

/** A name that no other test uses. */
export function anyName(): string {
  return `test-${randomUUID()}`;
}

/** Is the lock free, by what the server itself says? */
export async function isFree(server: Server, name: string): Promise<boolean> {
  const { json } = await server.ask('GET', `/locks/${name}`);
  return (json as { readonly status: string }).status === 'free';
}

/** What a call rejects with. */
export async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => {
      throw new Error('it did not reject');
    },
    (error: unknown) => error,
  );
}

/** As `errorOf`, for several calls that are under way at once. */
export async function errorsOf(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  return Promise.all(calls.map(errorOf));
}
