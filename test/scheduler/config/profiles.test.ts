import { expect } from 'chai';
import { schedulerConfiguration } from '../../../src/cluster/scheduler-configuration.ts';
import { profilesOf } from '../../../src/scheduler/config/profiles.ts';
import { defaultProfile, pluginFactories } from '../../../src/scheduler/plugins/index.ts';
import type { Plugin } from '../../../src/scheduler/plugin.ts';
import type { Profile } from '../../../src/scheduler/profile.ts';
import { BareCluster } from '../bare-cluster.ts';
import { noHandle } from '../objects.ts';

const header = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };

function profiles(rest: object): Profile[] {
  return profilesOf(schedulerConfiguration({ ...header, ...rest }), pluginFactories, noHandle);
}
const profile = (plugins: object): Profile => profiles({ profiles: [{ plugins }] })[0]!;
const scores = ({ score }: Profile) => score.map(({ plugin, weight }) => `${plugin.name} ${weight}`);
const all = defaultProfile(noHandle);
const named = (...names: string[]) => names.map((name) => ({ name }));

/** The names of each step's plugins. */
function steps({ score, queueSort, ...rest }: Profile): object {
  const lists = Object.entries(rest).filter((entry): entry is [string, readonly Plugin[]] => Array.isArray(entry[1]));
  const names = lists.map(([step, plugins]) => [step, plugins.map(({ name }) => name)]);
  return { ...Object.fromEntries(names), queueSort: queueSort.name, score: score.map(({ plugin }) => plugin.name) };
}

describe('profiles of a configuration', () => {
  it('are the default one when nothing is said', () => {
    expect(steps(profile({}))).to.deep.equal(steps(all));
    expect(scores(profile({}))).to.deep.equal(scores(all));
  });

  it('change weights, everywhere or in one step', () => {
    const general = profile({ multiPoint: { enabled: [{ name: 'NodeAffinity', weight: 9 }] } });
    expect(scores(general)).to.deep.equal(scores(all).map((one) => one.replace('NodeAffinity 2', 'NodeAffinity 9')));
    const own = profile({ score: { enabled: [{ name: 'ImageLocality', weight: 7 }] } });
    expect(scores(own)).to.deep.equal(['ImageLocality 7', ...scores(all).filter((one) => !one.startsWith('Image'))]);
  });

  it('leave out plugins, everywhere, in one step, or all', () => {
    const general = profile({ multiPoint: { disabled: named('NodePorts') } });
    expect([...general.filter, ...general.preFilter].some(({ name }) => name === 'NodePorts')).to.equal(false);
    const own = profile({ score: { disabled: named('*'), enabled: named('NodeResourcesFit') } });
    expect(scores(own)).to.deep.equal(['NodeResourcesFit 1']);
    expect(own.filter).to.have.length(all.filter.length);
    const few = profile({ multiPoint: { disabled: named('*'), enabled: named('PrioritySort', 'DefaultBinder') } });
    expect(steps(few)).to.deep.include({ queueSort: 'PrioritySort', filter: [], bind: ['DefaultBinder'], score: [] });
  });

  it('give each plugin one instance for all its steps, with its arguments', () => {
    const [one] = profiles({
      percentageOfNodesToScore: 30,
      profiles: [{ percentageOfNodesToScore: 70 }],
    });
    expect(one!.percentageOfNodesToScore).to.equal(70);
    const fit = one!.filter.find(({ name }) => name === 'NodeResourcesFit');
    expect(one!.score.some(({ plugin }) => plugin === fit)).to.equal(true);
  });

  const mistakes: [string, object, RegExp][] = [
    [
      'unknown plugins',
      { filter: { enabled: named('Magic') } },
      /^profile default-scheduler: plugin "Magic" does not exist$/,
    ],
    [
      'plugins in a step they have no part in',
      { score: { enabled: named('NodeName') } },
      /scheduler name default-scheduler: plugin "NodeName" does not extend score plugin$/,
    ],
    [
      'plugins twice',
      { score: { enabled: named('NodeAffinity', 'NodeAffinity') } },
      /plugin "NodeAffinity" already registered as "score"$/,
    ],
    ['no order', { queueSort: { disabled: named('*') } }, /only one queue sort plugin required .*, but got 0$/],
    ['nobody who binds', { bind: { disabled: named('DefaultBinder') } }, /at least one bind plugin is needed/],
  ];
  for (const [what, plugins, message] of mistakes) {
    it(`refuse ${what}`, () =>
      expect(() => profile(plugins))
        .to.throw(Error)
        .with.property('message')
        .that.matches(message));
  }

  it('refuse YAML that says something twice', () => {
    const text =
      'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nparallelism: 1\nparallelism: 2\n';
    expect(() => schedulerConfiguration(text)).to.throw(/^strict decoding error: .*"parallelism"/);
  });
});

describe('profiles at work', () => {
  let world: BareCluster;
  afterEach(() => world.stop());

  it('schedule the pods that name them, each by its own rules', async () => {
    const packing = {
      schedulerName: 'packing',
      plugins: { score: { disabled: named('*'), enabled: named('NodeResourcesFit') } },
      pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'MostAllocated' } } }],
    };
    const schedulerConfig = { ...header, profiles: [{ schedulerName: 'default-scheduler' }, packing] };
    world = await BareCluster.start({ schedulerConfig });
    for (const name of ['n1', 'n2', 'n3']) await world.addNode(name);
    await world.addPod('first', { cpu: '1' }, { schedulerName: 'packing' });
    const first = await world.nodeOf('first');
    for (const name of ['a', 'b']) {
      await world.addPod(name, { cpu: '1' }, { schedulerName: 'packing' });
      expect(await world.nodeOf(name)).to.equal(first);
    }
    await world.addPod('spread', { cpu: '1' });
    expect(await world.nodeOf('spread')).not.to.equal(first);
  });
});
