import {
  customResourceDefinition,
  type CustomResourceDefinition,
} from '../../api/apiextensions-v1/custom-resource-definition.ts';
import { coveredResources, isCounted } from '../../api/core-v1/quota.ts';
import { gvkKey, type Kind } from '../../apimachinery/kind.ts';
import { keyOf } from '../../apimachinery/object.ts';
import type { Informers } from '../../client/informer.ts';
import { builtInKinds, customKind } from '../served-kinds.ts';

const builtIn = builtInKinds.filter(isCounted);

/** The kinds that quotas can count: built-in ones and those of custom resources. */
export class CountedKinds {
  /** By the name of their definition. */
  readonly #custom = new Map<string, Kind>();
  readonly #end: () => void;

  /** `onNewKind` is told when something can be counted that could not be before. */
  constructor(informers: Informers, onNewKind: () => void) {
    const changed = (definition: CustomResourceDefinition) => {
      if (this.#define(keyOf(definition), customKind(definition))) onNewKind();
    };
    const deleted = (definition: CustomResourceDefinition) => void this.#custom.delete(keyOf(definition));
    const informer = informers.of<CustomResourceDefinition>(customResourceDefinition);
    this.#end = informer.listen({ added: changed, updated: changed, deleted });
  }

  /** The kinds whose objects use any of these resources. */
  covering(resources: readonly string[]): Kind[] {
    const all = [...builtIn, ...this.#custom.values()];
    return all.filter((kind) => coveredResources(kind, resources).length > 0);
  }

  stop(): void {
    this.#end();
  }

  /** @returns whether there is a kind that was not there before */
  #define(name: string, kind: Kind | undefined): boolean {
    const before = this.#custom.get(name);
    if (!kind?.namespaced) {
      this.#custom.delete(name);
      return false;
    }
    this.#custom.set(name, kind);
    return !before || gvkKey(before) !== gvkKey(kind);
  }
}
