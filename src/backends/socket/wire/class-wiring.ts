import { browserHint } from './browser-hint.js';
import type { SocketClass, SocketLike } from './socket-class.js';
import type { Wire, WireUser, Wiring } from './wire.js';

const TURN = Promise.resolve();

/** Connections by a class like the `WebSocket` of browsers. */
export class ClassWiring implements Wiring {
  constructor(
    private readonly socketClass: SocketClass,
    private readonly url: string,
    private readonly protocols: readonly string[],
  ) {}

  open(user: WireUser): Wire {
    return new ClassWire(new this.socketClass(this.url, [...this.protocols]), user, this.url);
  }

  hint(): string {
    return browserHint(this.url);
  }

  atEndOfTurn(run: () => void): void {
    // After the microtasks that run now, and what these make run: there is no later moment that a hidden page is not made to wait for.
    void TURN.then(() => TURN).then(run);
  }
}

class ClassWire implements Wire {
  constructor(
    private readonly socket: SocketLike,
    user: WireUser,
    url: string,
  ) {
    let cause: unknown;
    let hasOpened = false;
    socket.onopen = () => {
      hasOpened = true;
      user.opened();
    };
    socket.onmessage = ({ data }: { readonly data?: unknown }) => {
      user.heard(typeof data === 'string' ? data : undefined);
    };
    // In a browser it says nothing of why.
    socket.onerror = ({ error }: { readonly error?: unknown }) => {
      cause = error;
    };
    socket.onclose = ({ code }: { readonly code?: unknown }) => {
      this.silence();
      // 1005 and 1006 stand for none.
      const told = typeof code === 'number' && code !== 1005 && code !== 1006 ? code : undefined;
      const isDark = !hasOpened && told === undefined && cause === undefined;
      user.ended({ code: told, cause, hint: isDark ? browserHint(url) : undefined });
    };
  }

  send(text: string): void {
    try {
      this.socket.send(text);
    } catch {
      // It is not open any more: its end comes.
    }
  }

  close(): void {
    this.socket.close(1000);
  }

  cut(): void {
    this.silence();
    this.socket.close();
  }

  refer(): void {
    // There is no choice.
  }

  private silence(): void {
    const { socket } = this;
    socket.onopen = socket.onmessage = socket.onclose = null;
  }
}
