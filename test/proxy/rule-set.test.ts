import { expect } from 'chai';
import { jumpsTo, missingJumps } from '../../src/proxy/installed.ts';
import { removalText, restoreTexts as generate } from '../../src/proxy/restore-text.ts';
import { change, emptyRuleSet, isOurs, targetOf, type RuleSet } from '../../src/proxy/rule-set.ts';

const set = (nat: Record<string, string[]>, filter: Record<string, string[]> = {}): RuleSet => ({
  nat: new Map(Object.entries(nat)),
  filter: new Map(Object.entries(filter)),
});
const restoreTexts = (...args: Parameters<typeof generate>) => [...generate(...args)];
const lines = (...text: string[]) => `${text.join('\n')}\n`;

describe('a change of rules', () => {
  it('is nothing when nothing differs', () => {
    const nothing = change(set({ 'COX-SVC-A': ['-j X'] }), set({ 'COX-SVC-A': ['-j X'] }));
    expect(nothing).to.deep.equal({ write: [], remove: [] });
    expect(restoreTexts(nothing)).to.deep.equal([]);
  });

  const current = set({ 'COX-EXT-A': ['-j COX-SVC-B'], 'COX-SVC-B': ['-j X'], 'COX-SVC-C': ['-j Y'] });
  const wanted = set({ 'COX-EXT-A': ['-j COX-SVC-D'], 'COX-SVC-C': ['-j Y'], 'COX-SVC-D': [] });

  it('names only chains that differ, and removes what is not wanted after emptying it', () => {
    expect(restoreTexts(change(current, wanted))).to.deep.equal([
      lines(
        '*nat',
        ':COX-SVC-D - [0:0]',
        ':COX-EXT-A - [0:0]',
        ':COX-SVC-B - [0:0]',
        '-A COX-EXT-A -j COX-SVC-D',
        '-X COX-SVC-B',
        'COMMIT',
      ),
    ]);
  });

  it('is about the chains asked for', () => {
    const among = [
      ['nat', 'COX-SVC-D'],
      ['nat', 'COX-SVC-B'],
    ] as const;
    expect(change(current, wanted, among)).to.deep.equal({
      write: [['nat', 'COX-SVC-D', []]],
      remove: [['nat', 'COX-SVC-B']],
    });
  });

  it('that is large is written in pieces: what is led to first, removed last', () => {
    const chains = set(
      {
        'COX-SERVICES': ['-j COX-SERVICES-1'],
        'COX-SERVICES-1': ['-j COX-EXT-1'],
        'COX-EXT-1': ['-j COX-SVC-1'],
        'COX-SVC-1': [],
      },
      { 'COX-REFUSE': ['-j COX-REFUSE-PORTS'], 'COX-REFUSE-PORTS': [] },
    );
    const place = { nat: [], filter: [['INPUT', '-j COX-REFUSE', 1] as const] };
    const order = (texts: string[]) =>
      texts.map((text) => [...text.matchAll(/^(?::|-I )(\S+)/gm)].map(([, name]) => name));
    expect(order(restoreTexts(change(emptyRuleSet, chains), place, 1))).to.deep.equal([
      ['COX-SVC-1'],
      ['COX-EXT-1'],
      ['COX-SERVICES-1'],
      ['COX-REFUSE-PORTS'],
      ['COX-REFUSE'],
      ['COX-SERVICES'],
      ['INPUT'],
    ]);
    expect(order(restoreTexts(change(chains, emptyRuleSet), undefined, 1)).flat()).to.deep.equal([
      'COX-SERVICES',
      'COX-REFUSE',
      'COX-REFUSE-PORTS',
      'COX-SERVICES-1',
      'COX-EXT-1',
      'COX-SVC-1',
    ]);
  });

  it('puts jumps into the chains of others, in their order', () => {
    const placements = {
      nat: [],
      filter: [
        ['INPUT', '-j COX-A', 1],
        ['INPUT', '-j COX-B', 1],
      ],
    } as const;
    expect(restoreTexts({ write: [], remove: [] }, placements)).to.deep.equal([
      lines('*filter', '-I INPUT 1 -j COX-B', '-I INPUT 1 -j COX-A', 'COMMIT'),
    ]);
  });

  it('touches no chain of another part', () => {
    const names = ['COX-SERVICES', 'COX-SVC-1', 'COX-POD-FORWARD-cox0', 'COX-SVCX', 'COX-POLICY-1', 'DOCKER'];
    expect(names.filter(isOurs)).to.deep.equal(['COX-SERVICES', 'COX-SVC-1']);
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
    chains: set({ 'COX-SVC-A': ['-j COX-SVC-B'], 'COX-SVC-B': [] }),
    others: set(
      { OUTPUT: ['-m comment --comment x -j COX-SVC-A', '-j DOCKER'] },
      {
        INPUT: ['-j COX-SVC-Z'],
        FORWARD: ['-j COX-POLICY', '-j COX-POLICY-2', '-j COX-POD-FORWARD-cox0', '-j DOCKER-USER'],
      },
    ),
  };

  it('lacks the jumps that are not there, and places them after those of other parts of the node', () => {
    const wanted = {
      nat: [
        ['OUTPUT', '-j COX-SVC-A'],
        ['PREROUTING', '-j COX-SVC-A'],
      ],
      filter: [
        ['INPUT', '-j COX-SVC-Y'],
        ['FORWARD', '-j COX-FORWARD'],
      ],
    } as const;
    expect(missingJumps(installed, wanted)).to.deep.equal({
      nat: [['PREROUTING', '-j COX-SVC-A', 1]],
      filter: [
        ['INPUT', '-j COX-SVC-Y', 1],
        ['FORWARD', '-j COX-FORWARD', 3],
      ],
    });
  });

  it('has jumps that come too late, after that of the pods, once more', () => {
    const jump = ['FORWARD', '-j COX-FORWARD'] as const;
    const wanted = { nat: [], filter: [jump] };
    const placed = (...rules: string[]) =>
      missingJumps({ chains: set({}), others: set({}, { FORWARD: rules }) }, wanted).filter.map(([, , place]) => place);
    expect(placed('-j COX-NETPOL', '-j COX-POD-FORWARD-cox0', '-j COX-FORWARD')).to.deep.equal([2]);
    expect(placed('-j COX-NETPOL', '-j COX-FORWARD', '-j COX-POD-FORWARD-cox0', '-j COX-FORWARD')).to.deep.equal([]);
  });

  it('is removed whole: jumps before the chains they lead to', () => {
    const chains = [...installed.chains.nat.keys()].map((chain) => ['nat', chain] as const);
    expect(removalText(jumpsTo(installed), chains)).to.equal(
      lines(
        ...['*nat', ':COX-SVC-A - [0:0]', ':COX-SVC-B - [0:0]'],
        ...['-D OUTPUT -m comment --comment x -j COX-SVC-A', '-X COX-SVC-A', '-X COX-SVC-B', 'COMMIT'],
        ...['*filter', '-D INPUT -j COX-SVC-Z', 'COMMIT'],
      ),
    );
    expect(removalText({ nat: [], filter: [] }, [])).to.equal('');
  });
});
