import { LockNetworkError, type LockError } from '../../../contract/errors.js';

/** What a browser says of a page: it is put away, or left, maybe for ever, maybe to come back later as if nothing had happened. */
const LEFT = { freeze: 'frozen', pagehide: 'left' } as const;

/** What is used of a page. */
interface Page {
  addEventListener(type: string, listener: () => void, capture: boolean): void;
  removeEventListener(type: string, listener: () => void, capture: boolean): void;
}

/**
 * Calls back as soon as the page, if this is one, stops: what it holds ends then, as nobody can say when it goes on.
 *
 * @returns Follows it no more.
 */
export function followPage(stopped: (error: LockError) => void): () => void {
  // Both bubble up to the window. A worker has none, and its clock tells it how long it stood still.
  const { window } = globalThis as { readonly window?: Partial<Page> };
  if (typeof window?.addEventListener !== 'function') return () => undefined;
  const page = window as Page;
  const listeners = Object.entries(LEFT).map(([type, what]) => {
    const listener = (): void => {
      stopped(new LockNetworkError(`the page was ${what}`));
    };
    // Before its own listeners hear of it: nothing is done in them with a lock that is lost.
    page.addEventListener(type, listener, true);
    return () => {
      page.removeEventListener(type, listener, true);
    };
  });
  return () => {
    for (const remove of listeners) remove();
  };
}
