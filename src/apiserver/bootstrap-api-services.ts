import { apiService, type APIService } from '../api/apiregistration-v1/api-service.ts';
import { AUTOMANAGED, localApiService } from '../api/apiregistration-v1/standard.ts';
import { equalJson } from '../apimachinery/json-value.ts';
import type { Kind } from '../apimachinery/kind.ts';
import { asServer, ensure } from './bootstrap.ts';
import { kindPrefix, type Registry } from './registry/registry.ts';
import { update } from './registry/update.ts';
import type { UpkeepTask } from './upkeep.ts';

const kind = apiService as Kind<any>;
const prefix = kindPrefix(kind);

/** Sees to it that each built-in version has its `APIService`, which clients read to learn what the server prefers. */
export function apiServiceUpkeep(registry: Registry): UpkeepTask {
  const wanted = [...registry.kinds.groups()]
    .flatMap(([group, versions]) => versions.map((version) => localApiService(group, version)))
    .filter((object) => object !== undefined);
  let synced = false;
  const run = async () => {
    const { entries } = await registry.storage.list(prefix);
    const stored = new Map(entries.map(({ object }) => [object.metadata.name, object as APIService]));
    // Those that are not managed by us are given once: who removes one wants to have another serve the group.
    const given = synced ? wanted.filter(({ metadata }) => metadata.labels) : wanted;
    const missing = given.filter(({ metadata }) => !stored.has(metadata.name));
    await Promise.all(missing.map((object) => ensure(registry, kind, '', object)));
    // Those of another version of the server are adopted once; from then on they are the administrator's.
    if (!synced) await Promise.all(wanted.map((object) => adopt(registry, stored.get(object.metadata.name), object)));
    synced = true;
  };
  return { name: 'local API services', prefix, run };
}

type Wanted = NonNullable<ReturnType<typeof localApiService>>;

async function adopt(registry: Registry, stored: APIService | undefined, { metadata, spec }: Wanted): Promise<void> {
  if (stored?.metadata.labels?.[AUTOMANAGED] === undefined || equalJson(stored.spec, spec)) return;
  const target = { kind, namespace: '', name: metadata.name };
  await update(registry, { ...target, options: asServer, produce: (current) => ({ ...current, spec }) });
}
