import type { AdmissionContext } from '../../admission/plugin.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Authorizer } from '../../auth/authz/authorizer.ts';
import type { Clock } from '../../base/clock.ts';
import { KeyNotFound, type Storage } from '../../storage/storage.ts';
import { storageFor } from './converting-storage.ts';
import { collectionPrefix, objectKey } from './registry.ts';

const anyAge = { atLeast: 0 };

/** What admission plugins see of the store. */
export function admissionContext(storage: Storage, authorizer: Authorizer, clock: Clock): AdmissionContext {
  return {
    authorizer,
    clock,
    async get(kind, { namespace = '', name }, fresh) {
      const target = { kind: plain(kind), namespace, name };
      const entry = await storageFor(storage, target.kind).get(objectKey(target), fresh ? undefined : anyAge);
      return entry?.object as any;
    },
    async list(kind, namespace = '') {
      const target = { kind: plain(kind), namespace };
      const { entries } = await storageFor(storage, target.kind).list(collectionPrefix(target), { freshness: anyAge });
      return entries.map(({ object }) => object as any);
    },
    async update(kind, { namespace = '', name }, change) {
      const target = { kind: plain(kind), namespace, name };
      try {
        await storageFor(storage, target.kind).update(objectKey(target), ({ object }) => {
          const next = change(object as any);
          return next ? { store: next } : 'keep';
        });
        return true;
      } catch (error) {
        if (error instanceof KeyNotFound) return false;
        throw error;
      }
    },
  };
}

function plain<T extends KubeObject>(kind: Kind<T>): Kind {
  return kind;
}
