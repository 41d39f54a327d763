import {
  customResourceDefinition,
  type CustomResourceDefinition,
} from '../../api/apiextensions-v1/custom-resource-definition.ts';
import { coveredResources, isCounted } from '../../api/core-v1/quota.ts';
import { gvkKey, type Kind } from '../../apimachinery/kind.ts';
import { keyOf, type KubeObject } from '../../apimachinery/object.ts';
import type { ControllerDependencies } from '../../client/controller.ts';
import { InformerFactory } from '../../client/informer-factory.ts';
import type { Informers } from '../../client/informer.ts';
import { builtInKinds, customKind } from '../served-kinds.ts';

/** Told of what may give something back to quotas: an object that is gone (no `now`), or has changed. */
export type OnChange = (kind: Kind, old: KubeObject, now?: KubeObject) => void;

/** The kinds that quotas can count. Only those that a quota names are watched. */
export class CountedKinds {
  readonly #dependencies: ControllerDependencies;
  readonly #onChange: OnChange;
  #builtIn = builtInKinds.filter(isCounted);
  /** Kinds of custom resources, by the name of their definition. */
  #custom = new Map<string, Kind>();
  /** What is watched: how to end that, by `gvkKey`. */
  #watched = new Map<string, () => void>();
  #cleanup: (() => void)[] = [];

  /** `onNewKind` is told when something can be counted that could not be before. */
  constructor(dependencies: ControllerDependencies, onChange: OnChange, onNewKind: () => void) {
    this.#dependencies = dependencies;
    this.#onChange = onChange;
    const changed = (definition: CustomResourceDefinition) => {
      if (this.#define(keyOf(definition), customKind(definition))) onNewKind();
    };
    const deleted = (definition: CustomResourceDefinition) => void this.#define(keyOf(definition), undefined);
    const informer = dependencies.informers.of<CustomResourceDefinition>(customResourceDefinition);
    this.#cleanup.push(informer.listen({ added: changed, updated: changed, deleted }));
  }

  /** The kinds whose objects use any of these resources. */
  covering(resources: readonly string[]): Kind[] {
    const all = [...this.#builtIn, ...this.#custom.values()];
    return all.filter((kind) => coveredResources(kind, resources).length > 0);
  }

  /** Watches the objects of a kind from now on. */
  watch(kind: Kind): void {
    const key = gvkKey(kind);
    if (this.#watched.has(key)) return;
    const custom = [...this.#custom.values()].includes(kind);
    const { informers, own } = custom
      ? this.#ownInformers()
      : { informers: this.#dependencies.informers, own: undefined };
    // What one object uses is known without it, unless its kind says more.
    const selection = kind.quota ? {} : { metadataOnly: true };
    const end = informers.of(kind, selection).listen({
      updated: (now, old) => this.#onChange(kind, old, now),
      deleted: (object) => this.#onChange(kind, object),
    });
    own?.start();
    this.#watched.set(key, () => {
      end();
      void own?.stop();
    });
  }

  stop(): void {
    for (const end of [...this.#cleanup.splice(0), ...this.#watched.values()]) end();
    this.#watched.clear();
  }

  /** The watch of a custom resource must end with its definition, so it is shared with nobody. */
  #ownInformers(): { informers: Informers; own: Informers } {
    const own = new InformerFactory(this.#dependencies);
    return { informers: own, own };
  }

  /** @returns whether there is a kind that was not there before */
  #define(name: string, kind: Kind | undefined): boolean {
    const before = this.#custom.get(name);
    if (before && kind && gvkKey(before) === gvkKey(kind)) return false;
    if (before) this.#forget(name, before);
    if (!kind?.namespaced) return false;
    this.#custom.set(name, kind);
    return true;
  }

  #forget(name: string, kind: Kind): void {
    this.#custom.delete(name);
    this.#watched.get(gvkKey(kind))?.();
    this.#watched.delete(gvkKey(kind));
  }
}
