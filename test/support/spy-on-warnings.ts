import { afterEach, beforeEach, vi } from 'vitest';

/** Keeps the warnings of the process from being shown, and shows the tests of a file what they were. */
export function spyOnWarnings() {
  const emitWarning = vi.spyOn(process, 'emitWarning');
  beforeEach(() => {
    emitWarning.mockReset();
    emitWarning.mockImplementation(() => undefined);
  });
  afterEach(() => {
    emitWarning.mockReset();
  });
  return emitWarning;
}
