import type { VolumeFile } from './atomic-writer.ts';
import { trustBundleFile } from './cluster-trust-bundle.ts';
import { publishFiles } from './config-files.ts';
import { filesOfConfigMap } from './config-map.ts';
import { filesOfDownwardApi } from './downward-api.ts';
import { usualMode } from './key-files.ts';
import { filesOfSecret } from './secret.ts';
import { tokenFile } from './service-account-token.ts';
import type { VolumeContext, VolumeType } from './volume-type.ts';

type Source = NonNullable<NonNullable<VolumeContext['volume']['projected']>['sources']>[number];

/** Several sources in one folder. */
export const projected: VolumeType = {
  field: 'projected',
  dynamic: true,
  async setUp(context) {
    const { sources = [], defaultMode = usualMode } = context.volume.projected!;
    const files = new Map<string, VolumeFile>();
    for (const source of sources)
      for (const [path, file] of await filesOf(source, context, defaultMode)) files.set(path, file);
    return publishFiles(context, files, true);
  },
};

async function filesOf(source: Source, context: VolumeContext, mode: number): Promise<ReadonlyMap<string, VolumeFile>> {
  if (source.configMap) return filesOfConfigMap(context.source, source.configMap.name ?? '', source.configMap, mode);
  if (source.secret) return filesOfSecret(context.source, source.secret.name ?? '', source.secret, mode);
  if (source.downwardAPI) return filesOfDownwardApi(context.pod, source.downwardAPI.items ?? [], context.facts, mode);
  if (source.serviceAccountToken) {
    const { path } = source.serviceAccountToken;
    return new Map([[path, await tokenFile(context, source.serviceAccountToken, mode)]]);
  }
  if (source.clusterTrustBundle) {
    const { path } = source.clusterTrustBundle;
    return new Map([[path, await trustBundleFile(context.client, source.clusterTrustBundle, mode)]]);
  }
  throw new Error(`a projected source of type ${Object.keys(source).join(', ') || 'nothing'} is not supported`);
}
