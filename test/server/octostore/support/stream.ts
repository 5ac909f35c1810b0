import { until } from '../../../support/poll.js';
import type { FrontServer } from '../../../support/octostore-front.js';

/** What a client reads of a stream of events. */
export class Stream {
  text = '';
  hasEnded = false;

  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {
    void this.read();
  }

  static async open({ url, tokens }: FrontServer, path: string, token: string | null = tokens.alice): Promise<Stream> {
    const abort = new AbortController();
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    return new Stream(await fetch(url + path, { headers, signal: abort.signal }), abort);
  }

  /** What each event says. */
  get events(): readonly Record<string, unknown>[] {
    return this.text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice('data: '.length)) as Record<string, unknown>);
  }

  /** Their names, once there are so many. */
  async told(count: number): Promise<readonly unknown[]> {
    await until(() => this.events.length >= count, `${String(count)} events`);
    return this.events.map(({ event, status }) => event ?? status);
  }

  async ended(): Promise<void> {
    await until(() => this.hasEnded, 'the end of the stream');
  }

  close(): void {
    this.abort.abort();
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const bytes of this.response.body ?? []) this.text += decoder.decode(bytes, { stream: true });
    } catch {
      // Cut off.
    }
    this.hasEnded = true;
  }
}
