/**
 * Calls a function of the user. What it throws, or rejects with, is a warning: it is to stop no lock and no signal, and
 * to end no process.
 *
 * @param what Its name, for the warning.
 */
export function callBack(what: string, action: () => unknown): void {
  const warn = (error: unknown): void => {
    const detail = error instanceof Error ? error.stack : undefined;
    process.emitWarning(`${what} failed: ${String(error)}`, {
      type: 'RxLockWarning',
      code: 'RXLOCK_CALLBACK',
      ...(detail === undefined ? {} : { detail }),
    });
  };
  try {
    void Promise.resolve(action()).catch(warn);
  } catch (error) {
    warn(error);
  }
}
