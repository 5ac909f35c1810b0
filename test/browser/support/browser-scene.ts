import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { findChromium } from '../../../scripts/chromium.mjs';
import type { Lease, Locks } from '../../../src/index.js';
import { listenNative } from '../../server/native/support/listen.js';
import { FaultProxy } from '../../support/proxy.js';
import { freePorts } from '../../../scripts/lib/free-ports.mjs';
import { OwnTab } from './own-tab.js';

interface Built {
  readonly outputFiles: readonly { readonly text: string }[];
}

interface Bundler {
  build(options: object): Promise<Built>;
}

const PROGRAM = fileURLToPath(new URL('page-program.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Why no test in a browser can run here, and what to do; `undefined` if they can. */
export const CHROMIUM_MISSING =
  findChromium() === undefined ? 'Chromium is not installed; run: node scripts/chromium.mjs' : undefined;

/** The program of the pages as a user's bundler makes it: of the built package. */
async function bundle(): Promise<string> {
  const require = createRequire(import.meta.url);
  const { build } = createRequire(require.resolve('tsup'))('esbuild') as Bundler;
  // Without the paths of our own tsconfig, which lead to the sources.
  const options = {
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
    tsconfigRaw: {},
  };
  const { outputFiles } = await build({ entryPoints: [PROGRAM], absWorkingDir: ROOT, ...options });
  return outputFiles[0]?.text ?? '';
}

/** What is asked of a page, in the page. */
declare const locks: Locks<bigint>;
declare const events: { readonly type: string; readonly reason?: string; readonly name?: string }[];
declare const leases: Record<string, Lease<bigint>>;

/** One tab. */
export class Tab {
  constructor(readonly page: Page) {}

  /** Waits for the lock, and holds it. @returns When that was, on the page's clock. */
  acquire(name: string, ttl = '30s'): Promise<number> {
    return this.page.evaluate(
      async ([lock, time]) => {
        leases[lock] = await locks.acquire(lock, time);
        return Date.now();
      },
      [name, ttl] as const,
    );
  }

  /** @returns Whether it was free, or why it could not be asked for. */
  tryAcquire(name: string): Promise<boolean | string> {
    return this.page.evaluate(async (lock) => {
      try {
        const lease = await locks.tryAcquire(lock, '30s', { retry: { count: 0 } });
        if (lease !== null) leases[lock] = lease;
        return lease !== null;
      } catch (error) {
        return (error as Error).message;
      }
    }, name);
  }

  isHeld(name: string): Promise<boolean> {
    return this.page.evaluate((lock) => leases[lock]?.isHeld === true, name);
  }

  release(name: string): Promise<void> {
    return this.page.evaluate((lock) => leases[lock]?.release(), name);
  }

  /** What was told, in its order: types, and reasons of losses. */
  told(): Promise<readonly string[]> {
    return this.page.evaluate(() =>
      events.map(({ type, reason }) => (reason === undefined ? type : `${type} (${reason})`)),
    );
  }
}

/** A browser, a server of locks, and a web server with the pages, all on this machine. */
export class BrowserScene {
  private readonly own: OwnTab[] = [];

  private constructor(
    private readonly browser: Browser,
    private readonly context: BrowserContext,
    private readonly server: Awaited<ReturnType<typeof listenNative>>,
    /** Before the server. */
    readonly wire: FaultProxy,
    private readonly web: Server,
    /** Where the browser can be debugged. */
    private readonly port: number,
  ) {}

  static async open(): Promise<BrowserScene> {
    const text = await bundle();
    const web = createServer(({ url = '' }, response) => {
      if (url.startsWith('/bundle.js')) response.setHeader('content-type', 'text/javascript').end(text);
      else
        response
          .setHeader('content-type', 'text/html')
          .end('<!doctype html><script type="module" src="/bundle.js"></script>');
    });
    web.listen(0);
    await once(web, 'listening');
    const { port } = web.address() as AddressInfo;
    const server = await listenNative({ origins: [`http://127.0.0.1:${String(port)}`] });
    const [debugged = 0] = await freePorts(1);
    const args = ['--no-sandbox', `--remote-debugging-port=${String(debugged)}`];
    const browser = await chromium.launch({ executablePath: findChromium() ?? '', args });
    return new BrowserScene(
      browser,
      await browser.newContext(),
      server,
      await FaultProxy.start(server.port),
      web,
      debugged,
    );
  }

  /** The address of a page. Another host is another origin. */
  url(as: string, host = '127.0.0.1'): string {
    const { port } = this.web.address() as AddressInfo;
    return `http://${host}:${String(port)}/?as=${as}&server=${encodeURIComponent(`ws://127.0.0.1:${String(this.wire.port)}`)}`;
  }

  /** @param before Runs in the page before all else. */
  async tab(as: string, host?: string, before?: () => void): Promise<Tab> {
    const page = await this.context.newPage();
    if (before !== undefined) await page.addInitScript(before);
    await page.goto(this.url(as, host));
    await page.waitForFunction(() => 'locks' in globalThis);
    return new Tab(page);
  }

  /** A tab that the next one of its kind hides. */
  async ownTab(url: string): Promise<OwnTab> {
    const tab = await OwnTab.open(this.port, url);
    this.own.push(tab);
    return tab;
  }

  async close(): Promise<void> {
    for (const tab of this.own) tab.close();
    await this.browser.close();
    await this.wire.stop();
    await this.server[Symbol.asyncDispose]();
    this.web.close();
    this.web.closeAllConnections();
    await once(this.web, 'close');
  }
}
