import { afterEach, describe, expect, it, vi } from 'vitest';
import { LockNetworkError } from '../../../../src/contract/errors.js';
import type { SocketLike } from '../../../../src/backends/socket/index.js';
import { withServer } from '../support/with-server.js';

/** As a browser's: it does not open, and says nothing of why. */
class DarkSocket implements SocketLike {
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  onerror: SocketLike['onerror'] = null;

  constructor() {
    setImmediate(() => {
      this.onerror?.({} as never);
      this.onclose?.({ code: 1006 } as never);
    });
  }

  send(): void {
    // It never opens.
  }

  close(): void {
    // It never opens.
  }
}

/** As some browsers do where it may not be opened. */
class ThrowingSocket extends DarkSocket {
  constructor() {
    super();
    throw new DOMException('An insecure WebSocket connection may not be initiated', 'SecurityError');
  }
}

describe('a connection of a page that does not open', () => {
  const scene = withServer();
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  const messageOf = async (page: string | undefined, url: string, WebSocket = DarkSocket): Promise<string> => {
    vi.stubGlobal('location', page === undefined ? undefined : new URL(page));
    const { error } = await scene.client({ url, WebSocket }).ask('a').over();
    expect(error).toBeInstanceOf(LockNetworkError);
    return (error as Error).message;
  };

  it('is told with what may be the reason, and what to try', async () => {
    expect(await messageOf('http://app.example.com/page', 'ws://locks.example.com:7956')).toBe(
      'the server at locks.example.com:7956 could not be reached: it is down, or does not allow this page ' +
        '(rxlock serve --origin http://app.example.com); a browser does not say which',
    );
    expect(await messageOf('https://app.example.com/', 'wss://locks.example.com')).toMatch(
      /: it is down, or .*--origin https:\/\/app\.example\.com\), or has a certificate that is not trusted here;/,
    );
  });

  it('is told to need TLS, where the page has it', async () => {
    const why = /: a page that came by https: may connect to wss: only; .* the option url wss:\/\/$/;
    expect(await messageOf('https://app.example.com/', 'ws://locks.example.com')).toMatch(why);
    expect(await messageOf('https://app.example.com/', 'ws://locks.example.com', ThrowingSocket)).toMatch(why);
    expect(await messageOf('https://app.example.com/', 'ws://127.0.0.1:7956')).toMatch(
      /: it is down, or does not allow/,
    );
  });

  it('has no origin to be named, where there is no page', async () => {
    expect(await messageOf(undefined, 'ws://127.0.0.1:7956')).toMatch(/could not be reached: is it up\?$/);
    expect(await messageOf('file:///page.html', 'ws://127.0.0.1:7956')).toMatch(/could not be reached: is it up\?$/);
  });
});
