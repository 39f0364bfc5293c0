import type { Vendor } from '../../../core/domain/collection.ts';

const RH = `
  devtoolset-3 devtoolset-4 devtoolset-6 devtoolset-7 devtoolset-8 go-toolset-7 httpd24
  llvm-toolset-7 maven30 mongodb24 nodejs010 php54 php55 python27 rh-eclipse46 rh-git218 rh-git29
  rh-java-common rh-mariadb102 rh-maven33 rh-maven35 rh-mongodb26 rh-mongodb30upg rh-mongodb32
  rh-mongodb34 rh-mongodb36 rh-mysql57 rh-mysql80 rh-nginx110 rh-nginx112 rh-nginx114 rh-nodejs10
  rh-nodejs4 rh-nodejs6 rh-nodejs8 rh-passenger40 rh-perl524 rh-perl526 rh-php56 rh-php70 rh-php71
  rh-php72 rh-python34 rh-python35 rh-python36 rh-ror41 rh-ror42 rh-ror50 rh-ruby22 rh-ruby23
  rh-ruby24 rh-scala210 rh-thermostat16 ror40 ruby193 ruby200 rust-toolset-7 thermostat1 v8314`;

const SCLO = `
  sclo-cassandra3 sclo-git25 sclo-httpd24more sclo-php54 sclo-php55 sclo-php56 sclo-php71
  sclo-python27 sclo-python34 sclo-python35 sclo-ror42 sclo-subversion19 sclo-vagrant1`;

const listed = (names: string, vendor: Vendor) =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => ({ name, vendor }));

/** The collections of the SCLo SIG as they stood in its Koji: all 72, with their vendors. */
export const SCLO_COLLECTIONS = [...listed(RH, 'rh'), ...listed(SCLO, 'sclo')];
