import type { Kind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import { Reflector } from '../../client/reflector.ts';

export interface ObjectWatcherOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Told the uid of a pod that uses an object which is not as the pod last saw it. */
  readonly onChange: (uid: string) => void;
}

/** An object that a pod uses. */
export interface UsedObject {
  readonly kind: Kind<any>;
  readonly namespace: string;
  readonly name: string;
  /** Its resource version when the pod last read it; empty when it was not there. */
  readonly version: string;
}

interface Watch {
  readonly abort: AbortController;
  readonly ends: Promise<void>;
  /** The versions that pods have seen, by their uids. */
  readonly users: Map<string, string>;
}

/** Watches exactly the objects that pods of this node use, each once, for as long as one uses it. */
export class ObjectWatcher {
  readonly #options: ObjectWatcherOptions;
  #watches = new Map<string, Watch>();
  #stopped = false;

  constructor(options: ObjectWatcherOptions) {
    this.#options = options;
  }

  /** From now on the pod uses these and no others. */
  use(uid: string, objects: readonly UsedObject[]): void {
    if (this.#stopped) return;
    const keys = new Set(objects.map(keyOf));
    for (const [key, watch] of this.#watches) if (watch.users.has(uid) && !keys.has(key)) this.#leave(key, watch, uid);
    for (const object of objects) {
      const watch = this.#watches.get(keyOf(object)) ?? this.#follow(object);
      watch.users.set(uid, object.version);
    }
  }

  /** The pod is gone. */
  forget(uid: string): void {
    for (const [key, watch] of this.#watches) if (watch.users.has(uid)) this.#leave(key, watch, uid);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const all = [...this.#watches.values()];
    for (const { abort } of all) abort.abort(new Error('the kubelet stops'));
    await Promise.all(all.map(({ ends }) => ends));
  }

  #leave(key: string, watch: Watch, uid: string): void {
    watch.users.delete(uid);
    if (watch.users.size > 0) return;
    this.#watches.delete(key);
    watch.abort.abort(new Error('no pod uses the object any more'));
  }

  #follow(object: UsedObject): Watch {
    const { kind, namespace, name } = object;
    const abort = new AbortController();
    const users = new Map<string, string>();
    const told = (version: string) => this.#tell(users, version);
    const put = (now: KubeObject) => {
      told(now.metadata.resourceVersion);
      // What cannot change need not be watched, as upstream promises of immutable objects.
      if ((now as { immutable?: boolean }).immutable) abort.abort(new Error('the object is immutable'));
    };
    const target = {
      put,
      remove: () => told(''),
      replace: ([now]: readonly KubeObject[]) => (now ? put(now) : told('')),
    };
    const selection = { namespace, fieldSelector: `metadata.name=${name}` };
    const ends = new Reflector<KubeObject>({ ...this.#options, kind, selection, target }).run(abort.signal);
    const watch: Watch = { abort, ends, users };
    this.#watches.set(keyOf(object), watch);
    return watch;
  }

  #tell(users: ReadonlyMap<string, string>, version: string): void {
    for (const [uid, seen] of users) if (seen !== version) this.#options.onChange(uid);
  }
}

function keyOf({ kind, namespace, name }: UsedObject): string {
  return `${kind.plural}/${namespace}/${name}`;
}
