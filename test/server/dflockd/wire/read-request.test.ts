import { describe, expect, it } from 'vitest';
import { readRequest } from '../../../../src/server/dflockd/wire/read-request.js';

describe('readRequest', () => {
  it.each([
    ['l', '10', { type: 'acquire', key: 'k', timeout: 10_000, limit: 1, lease: 33_000 }],
    ['l', '10 5', { type: 'acquire', key: 'k', timeout: 10_000, limit: 1, lease: 5000 }],
    ['sl', '10 3', { type: 'acquire', key: 'k', timeout: 10_000, limit: 3, lease: 33_000 }],
    ['sl', '10 3 5', { type: 'acquire', key: 'k', timeout: 10_000, limit: 3, lease: 5000 }],
    ['e', '', { type: 'enqueue', key: 'k', limit: 1, lease: 33_000 }],
    ['e', '5', { type: 'enqueue', key: 'k', limit: 1, lease: 5000 }],
    ['se', '3', { type: 'enqueue', key: 'k', limit: 3, lease: 33_000 }],
    ['se', '3 5', { type: 'enqueue', key: 'k', limit: 3, lease: 5000 }],
    ['w', '0', { type: 'wait', key: 'k', timeout: 0 }],
    ['sw', '9223372036', { type: 'wait', key: 'k', timeout: 9_223_372_036_000 }],
    ['n', 'token', { type: 'renew', key: 'k', token: 'token', lease: 33_000 }],
    ['sn', 'token 5', { type: 'renew', key: 'k', token: 'token', lease: 5000 }],
    ['r', ' to ken\t', { type: 'release', key: 'k', token: 'to ken' }],
    ['sr', 'token', { type: 'release', key: 'k', token: 'token' }],
    ['signal', ' a  payload ', { type: 'publish', channel: 'k', payload: ' a  payload ' }],
    ['listen', '', { type: 'listen', pattern: 'k', group: '' }],
    ['unlisten', ' g ', { type: 'unlisten', pattern: 'k', group: 'g' }],
    ['stats', 'x', { type: 'stats' }],
    ['ping', '', { type: 'ping' }],
    ['auth', ' a b ', { type: 'auth', token: 'a b' }],
  ])('understands %s %j', (command, argument, request) => {
    expect(readRequest([command, 'k', argument], 33_000)).toEqual(request);
  });

  it.each([
    ['l', '9223372037'],
    ['l', '0 9223372037'],
    ['sl', '0 9007199254740993'],
    ['sw', '1 '.repeat(2)],
    ['toString', ''],
    ['__proto__', ''],
    ['l', '٣'],
    ['l', '1_000'],
  ])('does not understand %s %j', (command, argument) => {
    expect(readRequest([command, 'k', argument], 33_000)).toBeUndefined();
  });
});
