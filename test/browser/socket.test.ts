import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWithProgram } from '../support/describe-with-program.js';
import { until } from '../support/poll.js';
import { BrowserScene, CHROMIUM_MISSING } from './support/browser-scene.js';

/** Time enough, and far less than a ttl. Milliseconds. */
const SOON = 5000;

describeWithProgram('locks of pages in Chromium', CHROMIUM_MISSING, () => {
  let scene: BrowserScene;
  beforeEach(async () => {
    scene = await BrowserScene.open();
  });
  afterEach(() => scene.close());

  it('are given back when a tab is closed: the other tab has it', async () => {
    const [one, other] = [await scene.tab('one'), await scene.tab('other')];
    await one.acquire('a');
    expect(await other.tryAcquire('a')).toBe(false);
    const waiting = other.acquire('a');
    await until(async () => (await other.told()).includes('waiting'), 'the wait', SOON);
    await one.page.close();
    await waiting;
    expect(await other.isHeld('a')).toBe(true);
  });

  it('end at once when a page is frozen, and are not gone on with when it is thawed', async () => {
    const one = await scene.ownTab(scene.url('one'));
    await one.until(`'locks' in globalThis`);
    await one.ask(`locks.acquire('a', '30s').then((lease) => void (leases.a = lease))`);
    const other = await scene.tab('other');
    const waiting = other.acquire('a');
    await until(async () => (await other.told()).includes('waiting'), 'the wait', SOON);
    await scene.ownTab('about:blank');
    await one.until(`document.visibilityState === 'hidden'`);
    await one.setLifecycle('frozen');
    await waiting;
    await one.setLifecycle('active');
    expect(await one.ask('leases.a.isHeld')).toBe(false);
    expect(await one.ask(`events.filter(({ type }) => type === 'lost').map(({ reason }) => reason).join()`)).toBe(
      'session',
    );
    expect(await other.isHeld('a')).toBe(true);
    // It may contend again, as anybody.
    expect(await one.ask(`locks.tryAcquire('a', '30s')`)).toBe(null);
    expect(await one.ask(`locks.tryAcquire('b', '30s').then(({ isHeld }) => isHeld)`)).toBe(true);
  });

  it('are watched on when a page is thawed that was frozen', async () => {
    const one = await scene.ownTab(scene.url('one'));
    await one.until(`'locks' in globalThis`);
    await one.ask(`void (globalThis.seen = [], locks.watch$('a').subscribe({
      next: ({ status, holder }) => seen.push(status + ' ' + holder),
      error: (error) => seen.push(error.message),
    }))`);
    await one.until(`seen.length > 0`);
    await scene.ownTab('about:blank');
    await one.until(`document.visibilityState === 'hidden'`);
    await one.setLifecycle('frozen');
    const other = await scene.tab('other');
    await other.acquire('a');
    await one.setLifecycle('active');
    await one.until(`seen.length > 1`);
    expect(await one.ask(`seen.join()`)).toBe('free undefined,held other');
  });

  it('end when a page is left, and are not there when the user comes back', async () => {
    const [one, other] = [await scene.tab('one'), await scene.tab('other')];
    await one.acquire('a');
    await one.page.goto('about:blank');
    await other.acquire('a');
    await one.page.goBack();
    await one.page.waitForFunction(() => 'locks' in globalThis);
    expect(await one.isHeld('a')).toBe(false);
    expect(await one.tryAcquire('a')).toBe(false);
  });

  it('are kept by a page whose timers are slow, as the server says when it is time', async () => {
    const slow = await scene.tab('slow', undefined, () => {
      const { setTimeout: real } = globalThis;
      // As a browser does to a hidden page, after some minutes: once a minute at most.
      globalThis.setTimeout = ((run: () => void, delay = 0) => real(run, Math.max(delay, 60_000))) as typeof setTimeout;
    });
    const other = await scene.tab('other');
    await slow.acquire('a', '2s');
    const since = Date.now();
    while (Date.now() - since < 6000) {
      expect(await slow.isHeld('a')).toBe(true);
      expect(await other.tryAcquire('a')).toBe(false);
    }
    await slow.release('a');
    expect(await other.tryAcquire('a')).toBe(true);
  });

  it('are refused to a page of another origin', async () => {
    const stranger = await scene.tab('stranger', 'localhost');
    expect(await stranger.tryAcquire('a')).toMatch(
      /could not be reached: it is down, or does not allow this page \(rxlock serve --origin http:\/\/localhost:\d+\); a browser does not say/,
    );
    const one = await scene.tab('one');
    expect(await one.tryAcquire('a')).toBe(true);
  });

  it('are not those of a tab that is a copy', async () => {
    const one = await scene.tab('one');
    await one.acquire('a');
    const [page] = await Promise.all([
      one.page.waitForEvent('popup'),
      // With its session storage, as a duplicate has it.
      one.page.evaluate(() => void window.open(location.href)),
    ]);
    await page.waitForFunction(() => 'locks' in globalThis);
    const { Tab } = await import('./support/browser-scene.js');
    const copy = new Tab(page);
    expect(await copy.tryAcquire('a')).toBe(false);
    expect(await one.isHeld('a')).toBe(true);
    await one.release('a');
    expect(await copy.tryAcquire('a')).toBe(true);
  });

  it('outlive a connection that breaks', async () => {
    const [one, other] = [await scene.tab('one'), await scene.tab('other')];
    await one.acquire('a', '3s');
    scene.wire.reset();
    await until(async () => (await one.told()).includes('renewed'), 'a renewal', SOON);
    expect(await one.isHeld('a')).toBe(true);
    expect(await other.tryAcquire('a')).toBe(false);
    expect((await one.told()).filter((told) => told.startsWith('lost'))).toEqual([]);
  });
});
