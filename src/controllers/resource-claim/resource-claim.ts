import type { Controller } from '../../client/controller.ts';
import { claimsController } from './claims.ts';
import { podClaimsController } from './pod-claims.ts';

/** Claims of devices: those that pods describe are made, those that nobody uses any more are freed. */
export const resourceClaimController: Controller = {
  name: 'resourceclaim-controller',
  start(dependencies) {
    const parts = [podClaimsController, claimsController].map((part) => part.start(dependencies));
    return { stop: async () => void (await Promise.all(parts.map((part) => part.stop()))) };
  },
};
