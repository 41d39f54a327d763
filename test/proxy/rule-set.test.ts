import { expect } from 'chai';
import { missingJumps, removal, sameInstalled } from '../../src/proxy/installed.ts';
import { change, isOurs, targetOf, type RuleSet } from '../../src/proxy/rule-set.ts';

const set = (nat: Record<string, string[]>, filter: Record<string, string[]> = {}): RuleSet => ({
  nat: new Map(Object.entries(nat)),
  filter: new Map(Object.entries(filter)),
});

describe('a change of rules', () => {
  it('is nothing when nothing differs', () => {
    expect(change(set({ 'COX-SVC-A': ['-j X'] }), set({ 'COX-SVC-A': ['-j X'] }))).to.equal('');
  });

  it('names only chains that differ, and removes what is not wanted after emptying it', () => {
    const current = set({ 'COX-SVC-A': ['-j COX-SVC-B'], 'COX-SVC-B': ['-j X'], 'COX-SVC-C': ['-j Y'] });
    const wanted = set({ 'COX-SVC-A': ['-j COX-SVC-D'], 'COX-SVC-C': ['-j Y'], 'COX-SVC-D': [] });
    expect(change(current, wanted)).to.equal(
      [
        '*nat',
        ':COX-SVC-A - [0:0]',
        ':COX-SVC-D - [0:0]',
        ':COX-SVC-B - [0:0]',
        '-A COX-SVC-A -j COX-SVC-D',
        '-X COX-SVC-B',
        'COMMIT',
        '',
      ].join('\n'),
    );
  });

  it('puts jumps first into the chains of others, in their order', () => {
    const insertions = {
      nat: [],
      filter: [
        ['INPUT', '-j COX-SVC-A'],
        ['INPUT', '-j COX-SVC-B'],
      ],
    } as const;
    expect(change(set({}), set({}), insertions)).to.equal(
      '*filter\n-I INPUT 1 -j COX-SVC-B\n-I INPUT 1 -j COX-SVC-A\nCOMMIT\n',
    );
  });

  it('touches no chain of another part', () => {
    const names = ['COX-SERVICES', 'COX-SVC-1', 'COX-POD-FORWARD-cox0', 'COX-SVCX', 'COX-POLICY-1', 'DOCKER'];
    expect(names.filter(isOurs)).to.deep.equal(['COX-SERVICES', 'COX-SVC-1']);
  });

  it('knows where a rule leads', () => {
    const cases = {
      '-p tcp -j COX-SVC-A': 'COX-SVC-A',
      '-j COX-SVC-B': 'COX-SVC-B',
      '-g COX-SVC-C': 'COX-SVC-C',
      '-j MARK --set-xmark 1': 'MARK',
      '-p tcp': undefined,
    };
    for (const [rule, target] of Object.entries(cases)) expect(targetOf(rule), rule).to.equal(target);
  });
});

describe('what is installed', () => {
  const installed = {
    chains: set({ 'COX-SVC-A': ['-j COX-SVC-B'], 'COX-SVC-B': [] }),
    jumps: {
      nat: [['OUTPUT', '-m comment --comment x -j COX-SVC-A'] as const],
      filter: [['INPUT', '-j COX-SVC-Z'] as const],
    },
  };

  it('lacks the jumps that are not there', () => {
    const wanted = {
      nat: [
        ['OUTPUT', '-j COX-SVC-A'],
        ['PREROUTING', '-j COX-SVC-A'],
      ],
      filter: [['INPUT', '-j COX-SVC-Y']],
    } as const;
    expect(missingJumps(installed, wanted)).to.deep.equal({
      nat: [['PREROUTING', '-j COX-SVC-A']],
      filter: [['INPUT', '-j COX-SVC-Y']],
    });
  });

  it('is removed whole: jumps before the chains they lead to', () => {
    const nat = [
      '*nat',
      ':COX-SVC-A - [0:0]',
      ':COX-SVC-B - [0:0]',
      '-D OUTPUT -m comment --comment x -j COX-SVC-A',
      '-X COX-SVC-A',
    ];
    const filter = ['*filter', '-D INPUT -j COX-SVC-Z', 'COMMIT', ''];
    expect(removal(installed)).to.equal([...nat, '-X COX-SVC-B', 'COMMIT', ...filter].join('\n'));
    expect(removal({ chains: set({}), jumps: { nat: [], filter: [] } })).to.equal('');
  });

  it('is the same only with the same rules and jumps', () => {
    expect(sameInstalled(installed, structuredClone(installed))).to.equal(true);
    expect(
      sameInstalled(installed, { ...installed, chains: set({ 'COX-SVC-A': ['-j COX-SVC-B'], 'COX-SVC-B': ['-j X'] }) }),
    ).to.equal(false);
    expect(sameInstalled(installed, { ...installed, jumps: { nat: [], filter: installed.jumps.filter } })).to.equal(
      false,
    );
  });
});
