import { extenderBinder } from '../extenders/schedule-with-extenders.ts';
import type { Plugin, PluginFactory, PluginHandle } from '../plugin.ts';
import type { Profile, Scorer } from '../profile.ts';
import type {
  ExtensionPoint,
  PluginEntry,
  PluginSet,
  ProfileConfiguration,
  SchedulerConfiguration,
} from './configuration.ts';

/** The methods by which a plugin takes part in a step; one of them is enough. */
const methods: Readonly<Record<ExtensionPoint, readonly (keyof Plugin)[]>> = {
  preEnqueue: ['preEnqueue'],
  queueSort: ['queueSort'],
  preFilter: ['preFilter'],
  filter: ['filter'],
  postFilter: ['postFilter'],
  preScore: ['preScore'],
  score: ['score'],
  reserve: ['reserve', 'unreserve'],
  permit: ['permit'],
  preBind: ['preBind'],
  bind: ['bind'],
  postBind: ['postBind'],
};

/**
 * The profiles that a configuration describes, with plugins made by `factories`, whose order and weights are the defaults.
 * @throws Error that names the profile and what is wrong with it
 */
export function profilesOf(
  config: SchedulerConfiguration,
  factories: readonly PluginFactory[],
  handle: PluginHandle,
): Profile[] {
  return config.profiles.map((profile) => {
    try {
      const percentageOfNodesToScore = profile.percentageOfNodesToScore ?? config.percentageOfNodesToScore;
      const built = new ProfileBuilder(leavingToExtenders(profile, config), factories, handle).build();
      const binders = (handle.extenders ?? []).filter(({ binds }) => binds).map(extenderBinder);
      return { ...built, bind: [...binders, ...built.bind], percentageOfNodesToScore };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const name = profile.schedulerName;
      throw new Error(`initializing profiles: creating profile for scheduler name ${name}: ${why}`, { cause: error });
    }
  });
}

/** What extenders look after the scheduler does not, when they say so. */
function leavingToExtenders(
  profile: ProfileConfiguration,
  { extenders }: SchedulerConfiguration,
): ProfileConfiguration {
  const managed = extenders.flatMap(({ managedResources = [] }) => managedResources);
  const ignored = managed.filter(({ ignoredByScheduler }) => ignoredByScheduler).map(({ name }) => name);
  if (ignored.length === 0) return profile;
  const { NodeResourcesFit: fit } = profile.arguments;
  const ignoredResources = [...fit.ignoredResources, ...ignored];
  return { ...profile, arguments: { ...profile.arguments, NodeResourcesFit: { ...fit, ignoredResources } } };
}

/** @throws Error when the configuration names a plugin that there is none of */
export function checkPluginNames({ profiles }: SchedulerConfiguration, factories: readonly PluginFactory[]): void {
  const known = new Set(factories.map(({ name }) => name));
  for (const { plugins, schedulerName } of profiles) {
    const names = Object.values(plugins).flatMap(({ enabled = [] }) => enabled.map(({ name }) => name));
    const unknown = names.find((name) => !known.has(name));
    if (unknown !== undefined) throw new Error(`profile ${schedulerName}: plugin "${unknown}" does not exist`);
  }
}

class ProfileBuilder {
  readonly #profile: ProfileConfiguration;
  readonly #factories: ReadonlyMap<string, PluginFactory>;
  readonly #handle: PluginHandle;
  readonly #made = new Map<string, Plugin>();
  readonly #everywhere: readonly PluginEntry[];

  constructor(profile: ProfileConfiguration, factories: readonly PluginFactory[], handle: PluginHandle) {
    this.#profile = profile;
    this.#factories = new Map(factories.map((factory) => [factory.name, factory]));
    this.#handle = handle;
    this.#everywhere = merged(factories, profile.plugins.multiPoint);
  }

  build(): Profile {
    const { schedulerName } = this.#profile;
    const only = (point: ExtensionPoint) => this.#pluginsOf(point).map(({ plugin }) => plugin);
    const [queueSort, ...others] = only('queueSort');
    if (!queueSort || others.length > 0) {
      const got = queueSort ? others.length + 1 : 0;
      throw new Error(
        `only one queue sort plugin required for profile with scheduler name "${schedulerName}", but got ${got}`,
      );
    }
    const bind = only('bind');
    if (bind.length === 0) {
      throw new Error(`at least one bind plugin is needed for profile with scheduler name "${schedulerName}"`);
    }
    return {
      schedulerName,
      queueSort,
      preEnqueue: only('preEnqueue'),
      preFilter: only('preFilter'),
      filter: only('filter'),
      postFilter: only('postFilter'),
      preScore: only('preScore'),
      score: this.#pluginsOf('score'),
      reserve: only('reserve'),
      permit: only('permit'),
      preBind: only('preBind'),
      bind,
      postBind: only('postBind'),
    };
  }

  /**
   * First the plugins that the step itself names (those of all steps whose place it changes before those it adds), then
   * those of all steps that take part in it.
   */
  #pluginsOf(point: ExtensionPoint): Scorer[] {
    const { enabled = [], disabled = [] } = this.#profile.plugins[point] ?? {};
    refuseDoubles(enabled, point);
    const off = new Set(disabled.map(({ name }) => name));
    const named = new Set(enabled.map(({ name }) => name));
    const general = off.has('*') ? [] : this.#everywhere.filter(({ name }) => !off.has(name));
    const overrides = new Set(general.filter(({ name }) => named.has(name)).map(({ name }) => name));
    const own = enabled.map((entry) => this.#own(entry, point));
    const first = own.filter(({ plugin }) => overrides.has(plugin.name));
    const second = own.filter(({ plugin }) => !overrides.has(plugin.name));
    const rest = general
      .filter(({ name }) => !named.has(name))
      .map((entry) => this.#scorer(entry))
      .filter(({ plugin }) => takesPart(plugin, point));
    return [...first, ...second, ...rest];
  }

  #own(entry: PluginEntry, point: ExtensionPoint): Scorer {
    const scorer = this.#scorer(entry);
    if (!takesPart(scorer.plugin, point)) throw new Error(`plugin "${entry.name}" does not extend ${point} plugin`);
    return scorer;
  }

  #scorer({ name, weight }: PluginEntry): Scorer {
    const factory = this.#factories.get(name);
    if (!factory) throw new Error(`plugin "${name}" does not exist`);
    const given = weight || this.#everywhere.find((entry) => entry.name === name)?.weight || factory.weight;
    return { plugin: this.#make(factory), weight: given ?? 1 };
  }

  #make(factory: PluginFactory): Plugin {
    let plugin = this.#made.get(factory.name);
    if (!plugin) {
      const args = (this.#profile.arguments as unknown as Record<string, unknown>)[factory.name];
      this.#made.set(factory.name, (plugin = factory.create(args, this.#handle)));
    }
    return plugin;
  }
}

/** The defaults without what is disabled; a default that is enabled again keeps its place and changes its weight. */
function merged(factories: readonly PluginFactory[], { enabled = [], disabled = [] }: PluginSet = {}): PluginEntry[] {
  refuseDoubles(enabled, 'multiPoint');
  const off = new Set(disabled.map(({ name }) => name));
  const defaults = off.has('*') ? [] : factories.filter(({ name }) => !off.has(name));
  const again = new Map(enabled.map((entry) => [entry.name, entry]));
  const kept = defaults.map(({ name, weight = 1 }) => ({ name, weight: again.get(name)?.weight || weight }));
  const names = new Set(kept.map(({ name }) => name));
  return [...kept, ...enabled.filter(({ name }) => !names.has(name))];
}

function refuseDoubles(entries: readonly PluginEntry[], point: string): void {
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new Error(`plugin "${twice}" already registered as "${point}"`);
}

function takesPart(plugin: Plugin, point: ExtensionPoint): boolean {
  return methods[point].some((method) => plugin[method] !== undefined);
}
