import { expect } from 'chai';
import { fakeLog } from '../../../src/kubelet/runtime/fake-log.ts';
import type { LogOptions } from '../../../src/kubelet/runtime/runtime.ts';

describe('the log of a simulated container', () => {
  const started = Date.UTC(2026, 0, 1);
  const time = '2026-01-01T00:00:00.000000000Z';
  const table: [string, Partial<LogOptions>, string][] = [
    ['all', {}, 'a\n\nb\nno\n'],
    ['the last line', { tailLines: 1 }, 'no\n'],
    ['no line', { tailLines: 0 }, ''],
    ['more lines than there are', { tailLines: 9 }, 'a\n\nb\nno\n'],
    ['with times', { timestamps: true, tailLines: 3 }, `${time} \n${time} b\n${time} no\n`],
    ['since it started', { since: started }, 'a\n\nb\nno\n'],
    ['since later', { since: started + 1 }, ''],
    ['what it wrote to its standard output', { stream: 'stdout' }, 'a\n\nb\n'],
    ['its errors', { stream: 'stderr' }, 'no\n'],
  ];
  for (const [name, options, expected] of table)
    it(name, () => {
      const all = { follow: false, timestamps: false, ...options };
      expect(fakeLog('a\n\nb\n', 'no\n', started, all)).to.equal(expected);
    });

  it('is empty when nothing was written', () =>
    expect(fakeLog('', '', started, { follow: false, timestamps: true })).to.equal(''));
});
