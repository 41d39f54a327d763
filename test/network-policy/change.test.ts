import { expect } from 'chai';
import type { Pod } from '../../src/api/core-v1/pod.ts';
import { seededRandom } from '../../src/base/random.ts';
import { change, type Installed } from '../../src/network-policy/change.ts';
import { ClusterView } from '../../src/network-policy/cluster-view.ts';
import { hooksOf, noRules, type RuleSet } from '../../src/network-policy/rules.ts';
import { namespaceOf, podOf, policyOf } from './objects.ts';

const nothing: Installed = { ...noRules, led: { 4: new Set(), 6: new Set() } };
const installed = (rules: RuleSet): Installed => ({
  ...rules,
  led: { 4: hooksOf(rules.chains[4]), 6: hooksOf(rules.chains[6]) },
});

/** A kernel that does what it is fed, and refuses what a real one would. */
class Kernel {
  sets = new Map<string, Set<string>>();
  chains: Record<4 | 6, Map<string, string[]>> = { 4: new Map(), 6: new Map() };
  /** Rules of the kernel's own chains, each after the name of its chain. */
  hooked = { 4: [] as string[], 6: [] as string[] };

  apply({ sets, rules, unused }: ReturnType<typeof change>): void {
    this.#ipset(sets);
    for (const family of [4, 6] as const) this.#restore(family, rules[family]);
    this.#ipset(unused);
  }

  #ipset(text: string): void {
    for (const line of text.split('\n').filter(Boolean)) {
      const [verb, name = '', ...rest] = line.split(' ');
      const set = this.sets.get(name);
      if (verb === 'create') this.sets.set(name, new Set());
      else if (!set) throw new Error(`no set for ${line}`);
      else if (verb === 'add') set.add(rest.join(' '));
      else if (verb === 'del') set.delete(rest.join(' '));
      else if (this.#asks(name)) throw new Error(`still in use: ${line}`);
      else this.sets.delete(name);
    }
  }

  #asks(set: string): boolean {
    return [4, 6].some((f) => [...this.chains[f as 4].values()].flat().some((rule) => rule.includes(` ${set} `)));
  }

  #restore(family: 4 | 6, text: string): void {
    const chains = this.chains[family];
    for (const line of text.split('\n')) {
      const [, verb, chain = '', rule = ''] = /^(:|-[AIDX] )(\S+) ?(.*)$/.exec(line) ?? [];
      if (verb === ':') chains.set(chain, []);
      if (verb === '-A ') chains.get(chain)!.push(rule);
      if (verb === '-I ') this.hooked[family].unshift(`${chain} ${rule.replace(/^1 /, '')}`);
      if (verb === '-D ') this.hooked[family] = this.hooked[family].filter((one) => one !== `${chain} ${rule}`);
      if (verb === '-X ') chains.delete(chain);
    }
    for (const rule of [...this.hooked[family], ...[...chains.values()].flat()]) {
      const [, set] = /--match-set (\S+)/.exec(rule) ?? [];
      const [, to] = /-[jg] (COX\S+)/.exec(rule) ?? [];
      if (set && !this.sets.has(set)) throw new Error(`no set for ${rule}`);
      if (to && !chains.has(to)) throw new Error(`no chain for ${rule}`);
    }
  }

  get content(): object {
    const sets = [...this.sets].map(([name, members]) => [name, [...members].sort()]).sort();
    return {
      sets,
      chains: [[...this.chains[4]].sort(), [...this.chains[6]].sort()],
      hooked: [[...this.hooked[4]].sort(), [...this.hooked[6]].sort()],
    };
  }
}

function contentOf(rules: RuleSet): object {
  const kernel = new Kernel();
  kernel.apply(change(nothing, rules));
  return kernel.content;
}

const selectors = [{}, { matchLabels: { pod: 'a' } }, { matchExpressions: [{ key: 'pod', operator: 'In', values: ['a', 'b'] }] }]; // prettier-ignore
const spaces = [{}, { matchLabels: { ns: 'y' } }, { matchExpressions: [{ key: 'ns', operator: 'Exists' }] }];
const someRules = [
  [],
  [{}],
  [{ from: [{ podSelector: selectors[1] }], ports: [{ port: 80 }] }],
  [{ from: [{ namespaceSelector: spaces[1], podSelector: selectors[2] }] }],
  [{ from: [{ namespaceSelector: spaces[2] }], ports: [{ port: 'serve-81' }] }],
  [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }, { ipBlock: { cidr: 'fd00::/8' } }] }],
];

describe('changes of network policies', () => {
  const world = () => {
    const view = new ClusterView('n1');
    for (const name of ['x', 'y']) view.setNamespace(namespaceOf(name));
    for (let i = 1; i <= 3; i++) view.setPod(podOf(`x/p${i}`, [`10.0.0.${i}`]));
    view.setPolicy(policyOf({ policyTypes: ['Ingress'], ingress: someRules[4] }));
    return view;
  };

  it('write members only when a pod comes, changes or goes', () => {
    const view = world();
    const step = (act: () => void) => {
      const before = installed(view.rules());
      act();
      return change(before, view.rules());
    };
    for (const act of [
      () => view.setPod(podOf('x/p4', ['10.0.0.4'])),
      () => view.setPod(podOf('y/p4', ['10.0.0.5'], { nodeName: 'n2' })),
      () => view.setPod(podOf('x/p4', ['10.0.0.6'])),
      () => view.dropPod(podOf('x/p4', [])),
    ]) {
      const { sets, rules, unused } = step(act);
      expect(sets).to.match(/^((add|del) cox-np-\S+ \S+\n)+$/);
      expect(sets.split('\n').length).to.be.at.most(9);
      expect([rules[4], rules[6], unused]).to.deep.equal(['', '', '']);
    }
    const nothingNew = step(() => view.setPod({ ...podOf('x/p1', ['10.0.0.1']), status: { phase: 'Running', podIP: '10.0.0.1', startTime: 'x' } })); // prettier-ignore
    expect(Object.values(nothingNew).flatMap((text) => (typeof text === 'string' ? text : Object.values(text))).join('')).to.equal(''); // prettier-ignore
  });

  it('write only the chain of a policy that changes', () => {
    const view = world();
    view.setPolicy(policyOf({ policyTypes: ['Egress'] }, 'x/other'));
    const before = installed(view.rules());
    view.setPolicy(policyOf({ policyTypes: ['Ingress'], ingress: [{}] }));
    const { rules } = change(before, view.rules());
    expect(rules[4].match(/^:.*/gm)).to.have.length(1);
  });

  it('add before they remove, so that nobody is in no profile meanwhile', () => {
    const view = world();
    view.setPolicy(policyOf({ podSelector: { matchLabels: { pod: 'p3' } }, policyTypes: ['Ingress'] }, 'x/other'));
    const before = installed(view.rules());
    view.setPod(podOf('x/p1', ['10.0.0.1'], {}, { pod: 'p3' }));
    const lines = change(before, view.rules()).sets.trim().split('\n').map((line) => line.replace(/ cox-np-in4-\S+/, '')); // prettier-ignore
    expect(lines).to.deep.equal(['add 10.0.0.1', 'del 10.0.0.1']);
  });

  it('leave nothing when the last policy goes', () => {
    const view = world();
    const kernel = new Kernel();
    kernel.apply(change(nothing, view.rules()));
    const before = installed(view.rules());
    view.dropPolicy(policyOf({}));
    kernel.apply(change(before, view.rules()));
    expect(kernel.content).to.deep.equal(new Kernel().content);
  });

  it('come, in any order of whatever happens, to what a fresh start writes', () => {
    for (let seed = 1; seed <= 60; seed++) sequence(seed);
  }).timeout(20_000);

  function sequence(seed: number): void {
    const random = seededRandom(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    const [spacesNow, pods, policies] = [new Map<string, any>(), new Map<string, Pod>(), new Map<string, any>()];
    const view = new ClusterView('n1');
    const kernel = new Kernel();
    let before = nothing;
    for (let i = 0; i < 40; i++) {
      const namespace = pick(['x', 'y', 'z']);
      const key = `${namespace}/${pick(['a', 'b', 'c'])}`;
      const gone = random() < 0.3;
      const act: () => void = pick([
        () => {
          const ips = [
            `10.${pick([0, 1])}.0.${1 + Math.floor(random() * 20)}`,
            ...(random() < 0.5 ? [`fd00::${i}`] : []),
          ];
          const made = podOf(key, ips, { nodeName: pick(['n1', 'n1', 'n2']) }, { pod: pick(['a', 'b', 'c']) });
          if (gone) (pods.delete(key), view.dropPod(made));
          else (pods.set(key, made), view.setPod(made));
        },
        () => {
          const made = namespaceOf(namespace, { ns: pick(['x', 'y']) });
          if (gone) (spacesNow.delete(namespace), view.dropNamespace(made));
          else (spacesNow.set(namespace, made), view.setNamespace(made));
        },
        () => {
          const egress = (pick(someRules) as any[]).map(({ from, ...rest }) => ({
            ...rest,
            ...(from && { to: from }),
          }));
          const policyTypes = pick([['Ingress'], ['Egress'], ['Ingress', 'Egress']]);
          const spec: any = { podSelector: pick(selectors), policyTypes, ingress: pick(someRules), egress };
          const made = policyOf(spec, key);
          if (gone) (policies.delete(key), view.dropPolicy(made));
          else (policies.set(key, made), view.setPolicy(made));
        },
      ]);
      act();
      if (random() < 0.4) continue;
      const wanted = view.rules();
      kernel.apply(change(before, wanted));
      before = installed(wanted);
      const fresh = new ClusterView('n1');
      for (const one of policies.values()) fresh.setPolicy(one);
      for (const one of pods.values()) fresh.setPod(one);
      for (const one of spacesNow.values()) fresh.setNamespace(one);
      expect(kernel.content, `seed ${seed}, step ${i}`).to.deep.equal(contentOf(fresh.rules()));
    }
  }
});
