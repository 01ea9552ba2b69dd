declare const __HADIR_VERSION__: string;

/** The app's version, as punches carry it (1 to 32 characters): the product's, put in when it is built. */
export const VERSION = __HADIR_VERSION__;
