/**
 * Calls a function of the user. What it throws, or rejects with, is a warning: it is to stop no lock and no signal, and
 * to end no process.
 *
 * @param what Its name, for the warning.
 */
export function callBack(what: string, action: () => unknown): void {
  const warn = (error: unknown): void => {
    process.emitWarning(`${what} failed: ${said(() => String(error)) ?? 'with what cannot be shown'}`, {
      type: 'RxLockWarning',
      code: 'RXLOCK_CALLBACK',
      detail: said(() => (error as Partial<Error>).stack),
    });
  };
  try {
    void Promise.resolve(action()).catch(warn);
  } catch (error) {
    warn(error);
  }
}

/** What something says of itself: whatever is thrown may throw again when it is looked at. */
function said(look: () => unknown): string | undefined {
  try {
    const text = look();
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
