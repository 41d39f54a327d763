import { InformerFactory, type InformerDependencies } from '../../../src/client/informer-factory.ts';
import type { KubeObject } from '../../../src/apimachinery/object.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import type { Informers, InformerSelection } from '../../../src/client/informer.ts';
import { Store } from '../../../src/client/store.ts';
import type { Plugin, PluginFactory, PluginHandle } from '../../../src/scheduler/plugin.ts';
import type { PodInfo } from '../../../src/scheduler/pod-info.ts';
import type { NodeInfo } from '../../../src/scheduler/node-info.ts';
import type { Snapshot } from '../../../src/scheduler/snapshot.ts';

/** Informers that know what they are told here, and nothing else. */
export function informersOf(...objects: readonly KubeObject[]): Informers {
  const factory = new InformerFactory({} as InformerDependencies);
  const stores = new Map<string, any>();
  return Object.assign(Object.create(factory), {
    of<T extends KubeObject>(kind: Kind<T>, selection: InformerSelection = {}) {
      const known = stores.get(kind.kind);
      if (known) return known;
      const store = new Store<T>();
      for (const object of objects) if (object.kind === kind.kind) store.set(object as T);
      const informer = Object.assign(store, { kind, synced: true, selection, listen: () => () => {} });
      stores.set(kind.kind, informer);
      return informer;
    },
  });
}

/** A plugin that sees these objects. */
export function made(factory: PluginFactory, ...objects: readonly KubeObject[]): Plugin {
  return factory.create(undefined, { informers: informersOf(...objects) } as unknown as PluginHandle);
}

/** The reasons for which the plugin refuses the nodes, by name; empty for none. */
export function refusals(plugin: Plugin, pod: PodInfo, snapshot: Snapshot): Record<string, string> | string {
  const before = plugin.preFilter!(pod, snapshot);
  if (before !== 'skip' && 'rejection' in before) return before.rejection.reasons.join(', ');
  const of = (node: NodeInfo) =>
    before === 'skip' ? '' : (plugin.filter!(pod, node, before.state)?.reasons.join(', ') ?? '');
  return Object.fromEntries(snapshot.nodes.map((node) => [node.name, of(node)]));
}
