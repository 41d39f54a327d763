import { formatDuration } from '../../apimachinery/duration.ts';
import { defaultHard } from '../eviction/thresholds.ts';
import type { EvictionSettings, KubeletOptions } from '../kubelet-options.ts';
import type { ShutdownGrace } from '../node/shutdown.ts';

/** How a kubelet is set, in the shape of `kubelet.config.k8s.io/v1beta1 KubeletConfiguration`: what `/configz` shows. */
export function configurationOf(options: KubeletOptions): object {
  const { serving, clusterDns = [], clusterDomain = 'cluster.local', maxPods = 110, podCidr } = options;
  return {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    ...(serving && { address: serving.address ?? '0.0.0.0', port: serving.port }),
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true, cacheTTL: '2m0s' }, x509: {} },
    authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '5m0s', cacheUnauthorizedTTL: '30s' } },
    ...{ clusterDNS: clusterDns, clusterDomain, maxPods, podCIDR: podCidr },
    ...{ nodeStatusUpdateFrequency: '10s', nodeStatusReportFrequency: '5m0s', nodeLeaseDurationSeconds: 40 },
    ...{ containerLogMaxSize: '10Mi', containerLogMaxFiles: 5 },
    ...{ imageMinimumGCAge: '2m0s', imageGCHighThresholdPercent: 85, imageGCLowThresholdPercent: 80 },
    ...evictionOf(options.eviction ?? {}),
    ...{ podPidsLimit: options.podPidsLimit ?? -1, allowedUnsafeSysctls: options.allowedUnsafeSysctls },
    ...{ staticPodPath: options.podManifestPath, fileCheckFrequency: '20s' },
    ...{ serializeImagePulls: false, imagePullCredentialsVerificationPolicy: 'NeverVerifyPreloadedImages' },
    ...shutdownOf(options.shutdown ?? []),
  };
}

function evictionOf({
  hard,
  soft,
  softGraceSeconds,
  minReclaim,
  maxGraceSeconds,
  transition,
}: EvictionSettings): object {
  const periods = Object.entries(softGraceSeconds ?? {}).map(([signal, seconds]) => [
    signal,
    formatDuration(seconds * 1e9),
  ]);
  return {
    evictionHard: hard ?? defaultHard,
    ...(soft && { evictionSoft: soft, evictionSoftGracePeriod: Object.fromEntries(periods) }),
    ...(minReclaim && { evictionMinimumReclaim: minReclaim }),
    evictionMaxPodGracePeriod: maxGraceSeconds ?? 0,
    evictionPressureTransitionPeriod: formatDuration((transition ?? 300_000) * 1e6),
  };
}

function shutdownOf(graces: readonly ShutdownGrace[]): object {
  return {
    shutdownGracePeriodByPodPriority: graces.map(({ priority, seconds: shutdownGracePeriodSeconds }) => ({
      priority,
      shutdownGracePeriodSeconds,
    })),
  };
}
