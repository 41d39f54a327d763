import { expect } from 'chai';
import { refusedLine } from '../../src/linux/iptables.ts';

const input = ['*nat', ':A - [0:0]', '-A A -j B', 'COMMIT', '*filter', ':C - [0:0]', '-A C -j D', 'COMMIT', ''].join(
  '\n',
);

describe('refusedLine', () => {
  for (const [title, stderr, table, line, reason] of [
    [
      'what iptables cannot read',
      "iptables-restore v1.8.9 (nf_tables): Chain 'B' does not exist\nError occurred at line: 3\nTry `iptables-restore -h' or 'iptables-restore --help' for more information.\n",
      'nat',
      '-A A -j B',
      "Chain 'B' does not exist",
    ],
    [
      'what the kernel does not take',
      'iptables-restore v1.8.9 (nf_tables): \nline 7: RULE_APPEND failed (No such file or directory): rule in chain C\n',
      'filter',
      '-A C -j D',
      'line 7: RULE_APPEND failed (No such file or directory): rule in chain C',
    ],
    [
      'what legacy iptables names by number only',
      'iptables-restore: line 7 failed\n',
      'filter',
      '-A C -j D',
      'iptables-restore: line 7 failed',
    ],
    [
      'a warning before',
      'Warning: Extension recent revision 0 not supported, missing kernel module?\niptables-restore v1.8.9 (nf_tables): bad\n\nError occurred at line: 3\n',
      'nat',
      '-A A -j B',
      'bad',
    ],
  ] as const)
    it(`finds ${title}`, () => {
      const found = refusedLine('iptables-restore', stderr, input);
      expect([found?.table, found?.line, found?.reason]).to.deep.equal([table, line, reason]);
      expect(found!.message).to.contain(line).and.contain(reason);
    });

  it('finds nothing where no line is named, or only the end of all', () => {
    for (const stderr of ['', 'iptables-restore: line 4 failed', 'Error occurred at line: 99', 'Permission denied'])
      expect(refusedLine('iptables-restore', stderr, input)).to.equal(undefined);
  });
});
