/** Holds a deleted claim as long as pods use it. */
export const claimProtection = 'kubernetes.io/pvc-protection';

/** Holds a deleted volume as long as it is bound to a claim. */
export const volumeProtection = 'kubernetes.io/pv-protection';
