const SHORT: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** Every way in which a volume can be mounted. */
const ACCESS_MODES = Object.keys(SHORT);

/** The same in the order in which errors list them. */
export const SUPPORTED_MODES = ACCESS_MODES.toSorted();

/** `RWO,ROX`: access modes as columns show them, each once, in a fixed order. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return ACCESS_MODES.filter((mode) => modes?.includes(mode))
    .map((mode) => SHORT[mode])
    .join(',');
}
