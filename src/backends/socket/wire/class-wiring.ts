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
    return new ClassWire(new this.socketClass(this.url, [...this.protocols]), user);
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
  ) {
    socket.onopen = () => {
      user.opened();
    };
    socket.onmessage = ({ data }: { readonly data?: unknown }) => {
      user.heard(typeof data === 'string' ? data : undefined);
    };
    // It says nothing of why.
    socket.onerror = () => undefined;
    socket.onclose = ({ code }: { readonly code?: unknown }) => {
      this.silence();
      // 1005 and 1006 stand for none.
      user.ended({ code: typeof code === 'number' && code !== 1005 && code !== 1006 ? code : undefined });
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
