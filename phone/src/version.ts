/** The app's version, as punches carry it (1 to 32 characters). */
export const VERSION = "1.0.0";
