// Which known name a slip is taken for, and which names are no slip.
import { describe, expect, it } from 'vitest';
import { editDistance, nearestName } from '../../src/platform/nearest.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['port', 'port', 0],
    ['prot', 'port', 1],
    ['por', 'port', 1],
    ['provders', 'providers', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ])('of %j and %j is %i, both ways', (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
    expect(editDistance(right, left)).toBe(distance);
  });
});

describe('nearestName', () => {
  const keys = ['mode', 'port', 'bind', 'auth', 'providers', 'fallbacks', 'baseUrl'];

  it.each([
    ['prot', 'port'],
    ['provders', 'providers'],
    ['falbaks', 'fallbacks'],
    ['baseURL', 'baseUrl'],
    ['MODE', 'mode'],
    ['nodes', undefined],
    ['tls', undefined],
    ['controlUi', undefined],
    ['trustedProxies', undefined],
    ['port', undefined],
  ])('of %j is %j', (name, nearest) => {
    expect(nearestName(name, keys)).toBe(nearest);
  });
});
