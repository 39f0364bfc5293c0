/** Architectures as rpm calls them, where node's name is another. */
const RPM_ARCH: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  ppc64: 'ppc64le',
  ia32: 'i686',
};

/** Of this machine. */
export const localArch = (): string => RPM_ARCH[process.arch] ?? process.arch;
