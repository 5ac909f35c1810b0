import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { until } from '../../support/poll.js';

interface Answer {
  readonly id: number;
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

/**
 * A tab of the browser's own window, which is hidden as soon as another is before it: those of Playwright are all visible, and a page that is
 * visible cannot be frozen.
 */
export class OwnTab {
  private asked = 0;
  private readonly answers = new Map<number, (answer: Answer) => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data) => {
      const answer = JSON.parse((data as Buffer).toString()) as Answer;
      this.answers.get(answer.id)?.(answer);
      this.answers.delete(answer.id);
    });
  }

  /** @param port Where the browser can be debugged. */
  static async open(port: number, url: string): Promise<OwnTab> {
    const response = await fetch(`http://127.0.0.1:${String(port)}/json/new?about:blank`, { method: 'PUT' });
    const { webSocketDebuggerUrl } = (await response.json()) as { readonly webSocketDebuggerUrl: string };
    const socket = new WebSocket(webSocketDebuggerUrl, { perMessageDeflate: false });
    await once(socket, 'open');
    const tab = new OwnTab(socket);
    await tab.send('Page.navigate', { url });
    return tab;
  }

  /** What the page says to an expression. */
  async ask(expression: string): Promise<unknown> {
    const params = { expression, returnByValue: true, awaitPromise: true };
    const { result } = await this.send('Runtime.evaluate', params);
    return result?.result?.value;
  }

  /** Looks again and again until the page says yes. */
  async until(expression: string): Promise<void> {
    // What is asked while the page goes elsewhere is not answered.
    await until(async () => (await Promise.race([this.ask(expression), sleep(1000)])) === true, expression);
  }

  async setLifecycle(state: 'frozen' | 'active'): Promise<void> {
    await this.send('Page.setWebLifecycleState', { state });
  }

  close(): void {
    this.socket.terminate();
  }

  private send(method: string, params: object): Promise<Answer> {
    const id = ++this.asked;
    return new Promise((resolve) => {
      this.answers.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
