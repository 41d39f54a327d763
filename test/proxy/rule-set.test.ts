import { expect } from 'chai';
import { missingJumps, removal, sameInstalled } from '../../src/proxy/installed.ts';
import { change, targetOf, type RuleSet } from '../../src/proxy/rule-set.ts';

const set = (nat: Record<string, string[]>, filter: Record<string, string[]> = {}): RuleSet => ({
  nat: new Map(Object.entries(nat)),
  filter: new Map(Object.entries(filter)),
});

describe('a change of rules', () => {
  it('is nothing when nothing differs', () => {
    expect(change(set({ 'COX-A': ['-j X'] }), set({ 'COX-A': ['-j X'] }))).to.equal('');
  });

  it('names only chains that differ, and removes what is not wanted after emptying it', () => {
    const current = set({ 'COX-A': ['-j COX-B'], 'COX-B': ['-j X'], 'COX-C': ['-j Y'] });
    const wanted = set({ 'COX-A': ['-j COX-D'], 'COX-C': ['-j Y'], 'COX-D': [] });
    expect(change(current, wanted)).to.equal(
      [
        '*nat',
        ':COX-A - [0:0]',
        ':COX-D - [0:0]',
        ':COX-B - [0:0]',
        '-A COX-A -j COX-D',
        '-X COX-B',
        'COMMIT',
        '',
      ].join('\n'),
    );
  });

  it('puts jumps first into the chains of others, in their order', () => {
    const insertions = {
      nat: [],
      filter: [
        ['INPUT', '-j COX-A'],
        ['INPUT', '-j COX-B'],
      ],
    } as const;
    expect(change(set({}), set({}), insertions)).to.equal(
      '*filter\n-I INPUT 1 -j COX-B\n-I INPUT 1 -j COX-A\nCOMMIT\n',
    );
  });

  it('knows where a rule leads', () => {
    const cases = {
      '-p tcp -j COX-A': 'COX-A',
      '-j COX-B': 'COX-B',
      '-g COX-C': 'COX-C',
      '-j MARK --set-xmark 1': 'MARK',
      '-p tcp': undefined,
    };
    for (const [rule, target] of Object.entries(cases)) expect(targetOf(rule), rule).to.equal(target);
  });
});

describe('what is installed', () => {
  const installed = {
    chains: set({ 'COX-A': ['-j COX-B'], 'COX-B': [] }),
    jumps: { nat: [['OUTPUT', '-m comment --comment x -j COX-A'] as const], filter: [['INPUT', '-j COX-Z'] as const] },
  };

  it('lacks the jumps that are not there', () => {
    const wanted = {
      nat: [
        ['OUTPUT', '-j COX-A'],
        ['PREROUTING', '-j COX-A'],
      ],
      filter: [['INPUT', '-j COX-Y']],
    } as const;
    expect(missingJumps(installed, wanted)).to.deep.equal({
      nat: [['PREROUTING', '-j COX-A']],
      filter: [['INPUT', '-j COX-Y']],
    });
  });

  it('is removed whole: jumps before the chains they lead to', () => {
    const nat = ['*nat', ':COX-A - [0:0]', ':COX-B - [0:0]', '-D OUTPUT -m comment --comment x -j COX-A', '-X COX-A'];
    const filter = ['*filter', '-D INPUT -j COX-Z', 'COMMIT', ''];
    expect(removal(installed)).to.equal([...nat, '-X COX-B', 'COMMIT', ...filter].join('\n'));
    expect(removal({ chains: set({}), jumps: { nat: [], filter: [] } })).to.equal('');
  });

  it('is the same only with the same rules and jumps', () => {
    expect(sameInstalled(installed, structuredClone(installed))).to.equal(true);
    expect(
      sameInstalled(installed, { ...installed, chains: set({ 'COX-A': ['-j COX-B'], 'COX-B': ['-j X'] }) }),
    ).to.equal(false);
    expect(sameInstalled(installed, { ...installed, jumps: { nat: [], filter: installed.jumps.filter } })).to.equal(
      false,
    );
  });
});
