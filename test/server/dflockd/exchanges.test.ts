import { expect, it } from 'vitest';
import { EXCHANGES, hasSignals, play } from '../../support/dflockd-exchanges.js';
import { describeWithDflockds, startDflockd } from '../../support/dflockd-server.js';

describeWithDflockds('the recorded exchanges', (_start, kind) => {
  // All at once, as they mostly wait; so each has a server of its own.
  it.concurrent.each(EXCHANGES)('$name', async (exchange) => {
    const server = await startDflockd(exchange.settings, kind);
    try {
      if (exchange.signals === true && !(await hasSignals(server))) {
        console.warn(`not tried: ${exchange.name}: this server has no signals`);
        expect(kind).toBe('real');
        return;
      }
      const outcomes = await play(exchange, server);
      expect(outcomes.map(({ step, answer }) => [...step.slice(0, 4), answer])).toEqual(
        outcomes.map(({ step, expected }) => [...step.slice(0, 4), expected]),
      );
    } finally {
      await server.stop();
    }
  });
});
