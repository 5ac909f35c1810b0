import { setTimeout as sleep } from 'node:timers/promises';
import { dflockdClient, httpClient, type KillClient } from '../store/support/kill-clients.js';
import type { KillTarget } from '../store/support/kill-target.js';
import type { Chance } from '../../whole/properties/search/chance.js';
import type { Operation } from './is-linearizable.js';
import { resumingClient, type ResumingClient } from './resuming-client.js';

/** So many calls, or a few more, of one history. */
export const CALLS = 22;
/** Between two calls of one client, at most: else each has one under way whenever the server is killed. Milliseconds. */
const PAUSE = 30;
/** Where locks run out. */
const LONG_PAUSE = 120;

/** What happens in one go of a server. */
export interface Course {
  readonly server: KillTarget;
  readonly token?: string | undefined;
  /** One lock each, that is asked for by clients of its own. */
  readonly names: readonly string[];
  /** After so many calls, of all names together, the server is killed. */
  readonly kills: readonly number[];
  /** Of all locks. Some clients forget to give them back if it is short. */
  readonly ttl: number;
  readonly random: Chance;
}

/** Has clients of all three protocols ask for locks while their server is killed and started again. @returns What they did, by name. */
export async function recordCrashes(course: Course): Promise<Operation[][]> {
  const { server, token, names, ttl } = course;
  const field = { ports: server.ports, token };
  const turmoil = new Turmoil(course);
  const histories = await Promise.all(
    names.map(async (name, at) => {
      const clients = [2 * at, 2 * at + 1].flatMap((user) => [
        resumingClient(field),
        httpClient(field, user, true),
        dflockdClient(field),
      ]);
      const history = new History(name, turmoil, course);
      // Where locks run out, fewer ask more often.
      const some = ttl < 10_000 ? clients.slice(0, 3) : clients;
      await Promise.all(some.map((client, number) => history.work(client, number)));
      for (const client of clients) client.close();
      return history.operations;
    }),
  );
  const starts = await turmoil.over();
  return histories.map((operations) => [...operations, ...starts]);
}

/** A server that is killed now and then. */
class Turmoil {
  /** Settles when it runs. */
  isUp: Promise<void> = Promise.resolve();
  private readonly starts: Operation[] = [];
  private readonly kills: number[];
  private calls = 0;

  constructor(private readonly course: Course) {
    this.kills = [...course.kills];
  }

  called(): void {
    if (++this.calls !== this.kills[0]) return;
    this.kills.shift();
    this.isUp = this.isUp.then(() => this.restart());
  }

  /** @returns The starts. */
  async over(): Promise<readonly Operation[]> {
    await this.isUp;
    return this.starts;
  }

  private async restart(): Promise<void> {
    const { server } = this.course;
    const called = performance.now();
    await server.kill();
    await server.start();
    this.starts.push({ client: -1, what: 'start', ok: true, called, answered: performance.now() });
  }
}

/** All that is done with one name. */
class History {
  readonly operations: Operation[] = [];

  constructor(
    private readonly name: string,
    private readonly turmoil: Turmoil,
    private readonly course: Course,
  ) {}

  async work(client: KillClient & Partial<ResumingClient>, number: number): Promise<void> {
    const { name } = this;
    const { ttl, random } = this.course;
    const isShort = ttl < 10_000;
    while (this.operations.length < CALLS) {
      const granted = await this.call(
        client,
        number,
        'acquire',
        async () => (await client.acquire(name, ttl)) ?? false,
      );
      if (granted === undefined && client.settle !== undefined) await this.settle(client as ResumingClient, number);
      if (granted !== true) {
        await sleep(isShort ? LONG_PAUSE : PAUSE * random.next());
        continue;
      }
      if (random.next() < 0.3 && !(await this.keep(client, number))) continue;
      if (isShort && client.settle === undefined && random.next() < 0.5) {
        await sleep(ttl / 2);
        continue;
      }
      await sleep(PAUSE * random.next());
      const released = await this.call(client, number, 'release', () => client.release(name));
      if (released === undefined && client.settle !== undefined) await this.settle(client as ResumingClient, number);
    }
  }

  /** @returns False: it is not held any more. */
  private async keep(client: KillClient, number: number): Promise<boolean> {
    const { ttl } = this.course;
    return (await this.call(client, number, 'renew', () => client.renew(this.name, ttl))) !== false;
  }

  /** What it does not believe in is given back. */
  private async settle(client: ResumingClient, number: number): Promise<void> {
    while ((await this.call(client, number, 'settle', async () => (await client.settle(), true))) === undefined)
      continue;
  }

  /** @returns Undefined: nobody knows. */
  private async call(
    { by }: KillClient,
    client: number,
    what: Operation['what'],
    ask: () => Promise<boolean | { readonly token?: number }>,
  ): Promise<boolean | undefined> {
    await this.turmoil.isUp;
    const called = performance.now();
    const asked = ask().catch(() => undefined);
    this.turmoil.called();
    const answer = await asked;
    const ok = answer === undefined ? undefined : answer !== false;
    this.operations.push({
      client,
      what,
      ok,
      called,
      answered: performance.now(),
      ttl: this.course.ttl,
      token: typeof answer === 'object' ? answer.token : undefined,
      reenters: by === 'http',
    });
    return ok;
  }
}
