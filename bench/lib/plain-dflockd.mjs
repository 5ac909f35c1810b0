import { connect } from 'node:net';

/** A connection to dflockd as one writes it in ten minutes: one request at a time, and no time limits. */
export class PlainConnection {
  #socket;
  #heard = '';
  #answered = () => {};
  #failed = () => {};

  static open(address) {
    return new Promise((resolve, reject) => {
      const connection = new PlainConnection();
      connection.#failed = reject;
      connection.#socket = connect(address, () => resolve(connection))
        .setEncoding('latin1')
        .on('data', (text) => connection.#read(text))
        .on('error', (error) => connection.#failed(error))
        .on('close', () => connection.#failed(new Error('the connection was closed')));
    });
  }

  ask(command, key, argument) {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(`${command}\n${key}\n${argument}\n`);
    });
  }

  close() {
    this.#failed = () => {};
    this.#socket.end();
  }

  #read(text) {
    this.#heard += text;
    if (!this.#heard.endsWith('\n')) return;
    const line = this.#heard.trimEnd();
    this.#heard = '';
    this.#answered(line);
  }
}

/**
 * A lock as the documented client has it: with a connection of its own, opened for it and closed after it. It is
 * announced as soon as it is granted, and not renewed.
 */
export async function acquire(address, key, lease = 33) {
  const connection = await PlainConnection.open(address);
  const answer = await connection.ask('l', key, `10 ${lease}`);
  const [word, token] = answer.split(' ');
  if (word !== 'ok') throw new Error(`${key}: ${answer}`);
  return {
    async renew() {
      const renewed = await connection.ask('n', key, `${token} ${lease}`);
      if (!renewed.startsWith('ok ')) throw new Error(`${key}: ${renewed}`);
    },
    async release() {
      const released = await connection.ask('r', key, token);
      connection.close();
      if (released !== 'ok') throw new Error(`${key}: ${released}`);
    },
  };
}

/**
 * A lock that is free, by one request on a connection that is kept: about the least that it costs in Node.
 *
 * @returns What releases it.
 */
export async function acquireAtOnce(connection, key, lease = 33) {
  const [word, token] = (await connection.ask('l', key, `0 ${lease}`)).split(' ');
  if (word !== 'ok') throw new Error(`${key}: ${word}`);
  return () => connection.ask('r', key, token);
}

/**
 * A lock by the requests that rxlock sends, on a connection that its contender keeps, and confirmed if it was waited for:
 * about the least that it costs in Node.
 *
 * @returns What releases it.
 */
export async function acquireBarely(connection, key, lease = 33) {
  let answer = await connection.ask('e', key, lease);
  const isQueued = answer === 'queued';
  if (isQueued) answer = await connection.ask('w', key, 60);
  const [word, token] = answer.split(' ');
  if (word !== 'ok' && word !== 'acquired') throw new Error(`${key}: ${answer}`);
  if (isQueued) await connection.ask('n', key, `${token} ${lease}`);
  return () => connection.ask('r', key, token);
}
