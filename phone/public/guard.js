// If the app did not start, say what to do instead. Plain and separate, so that a broken app cannot break it.
(() => {
  const WAIT_MS = 6000;
  const TEXTS = [
    [
      "id",
      "Aplikasi belum terbuka. Catat nama dan jam datang Anda, lalu lapor kepada atasan sekarang. Sesudah itu tutup dan buka lagi aplikasi ini. Absen yang sudah tersimpan di HP tidak hilang.",
    ],
    [
      "en",
      "The app did not open. Write down your name and time, and tell your superior now. Then close and open this app again. Taps already saved on this phone are not lost.",
    ],
  ];
  setTimeout(() => {
    const page = document.getElementById("app");
    if (!page || document.documentElement.dataset.ready === "yes") return;
    page.textContent = "";
    for (const [language, text] of TEXTS) {
      const line = document.createElement("p");
      line.lang = language;
      line.className = "emergency";
      line.textContent = text;
      page.append(line);
    }
  }, WAIT_MS);
})();
