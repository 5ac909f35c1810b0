import { describe, expect, it } from 'vitest';
import { errorOfEnd } from '../../../../src/backends/socket/wire/error-of.js';

describe('errorOfEnd', () => {
  it.each([
    [404, 'the server at h:1 could not be reached (HTTP 404): is that the port --ws of rxlock serve?'],
    [200, 'the server at h:1 could not be reached (HTTP 200): is that the port --ws of rxlock serve?'],
    [429, 'the server at h:1 could not be reached (HTTP 429)'],
    [503, 'the server at h:1 could not be reached (HTTP 503)'],
  ])('doubts the port where something else answers, not where a server ends or is full: %i', (status, message) => {
    expect(errorOfEnd({ status }, 'h:1', false).message).toBe(message);
  });
});
