import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayPostTo } from '../../src/notify/judge-address.ts';

describe('mayPostTo', () => {
  it.each(['8.8.8.8', '52.112.0.1', '100.63.255.255', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'lets messages go to %s',
    (address) => {
      expect(mayPostTo(address, [])).toBe(true);
    },
  );

  it.each([
    '127.0.0.1',
    '127.255.0.9',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::10.0.0.1',
    '2002:7f00:1::',
    '2001:0:1::1',
    'fd00::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'example.test',
    '',
    '127.1',
  ])('keeps them from %j', (address) => {
    expect(mayPostTo(address, [])).toBe(false);
  });

  it('allows what is named, and nothing beside it', () => {
    const networks = ['10.20.0.0/16', 'fd12::/16'];
    expect(mayPostTo('10.20.255.1', networks)).toBe(true);
    expect(mayPostTo('::ffff:10.20.0.1', networks)).toBe(true);
    expect(mayPostTo('fd12::5', networks)).toBe(true);
    expect(mayPostTo('10.21.0.1', networks)).toBe(false);
    expect(mayPostTo('127.0.0.1', networks)).toBe(false);
  });

  it('always judges an IPv4 address alike in IPv6 clothes', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(mayPostTo(`::ffff:${address}`, [])).toBe(mayPostTo(address, []));
      }),
    );
  });
});
