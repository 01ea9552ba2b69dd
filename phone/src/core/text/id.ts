/** Bahasa Indonesia: the source. English (en.ts) must have the same keys, or it does not compile. */

const span = (minutes: number): string => {
  if (minutes >= 2880) return `${Math.round(minutes / 1440)} hari`;
  return minutes >= 120 ? `${Math.round(minutes / 60)} jam` : `${minutes} menit`;
};

export const id = {
  appName: "Hadir",
  otherLanguage: "EN",
  otherLanguageLong: "English",
  rehearsal: "LATIHAN. Data di sini tidak dihitung.",
  employee: (person: number) => `Pegawai ${person}`,

  tabToday: "Hari ini",
  tabMonth: "Bulan ini",
  tabMore: "Lainnya",
  tabsLabel: "Halaman",
  back: "Kembali",

  in: "Masuk",
  out: "Pulang",
  tapIn: "Absen Masuk",
  tapOut: "Absen Pulang",
  already: (direction: string, time: string) => `${direction} sudah tercatat pukul ${time}`,
  alreadySaved: (direction: string, time: string) => `${direction} sudah tersimpan pukul ${time}`,
  wrongButton: "Salah tekan? Catat Masuk",
  duty: (start: string, end: string) => `Jadwal kerja ${start}–${end}`,
  dutyOfNight: (day: string, start: string, end: string) => `Sif ${day}, ${start}–${end}`,
  dutyNone: "Hari ini tidak ada jadwal kerja",
  policy: "Peraturan yang dipakai",
  rulesTitle: "Aturan hari ini",
  rulesOld: (day: string) => `Jadwal terakhir diketahui: ${day}`,
  rulesOfAnotherDay: (day: string) =>
    `Ini jadwal ${day}. Yang hari ini belum diketahui dan tampil setelah HP terhubung. Absen tetap bisa.`,
  rulesUnknown: "Belum diketahui. Tampil setelah HP terhubung dengan halaman kantor. Absen tetap bisa.",
  rulesSeen: (time: string) => `Keterangan kantor, dilihat ${time}.`,
  clockOff: (minutes: number) => `Jam HP berbeda ${span(minutes)} dari waktu resmi. Absen tetap tersimpan.`,

  waitingCount: (count: number) => `${count} absen menunggu dikirim`,
  moreRows: (count: number) => `${count} absen lain hari ini`,
  savedWaiting: "Tersimpan di HP, menunggu dikirim",
  sending: "Tersimpan di HP, sedang dikirim",
  recorded: "Tercatat",
  refused: "Tersimpan di HP, belum diterima",
  received: (time: string) => `Diterima pukul ${time}`,
  receivedOn: (day: string, time: string) => `Diterima ${day} pukul ${time}`,
  counted: (time: string) => `dihitung ${time}`,
  again: (direction: string, time: string) => `${direction} pertama tetap pukul ${time}`,
  unconfirmed: "HP ini menunggu pengesahan; absen dihitung sementara",
  afterRevocation: "Diterima setelah HP ini tidak berlaku; diperiksa dahulu",
  revoked: (day: string, time: string) =>
    `HP ini tidak berlaku lagi untuk absen Anda (diketahui ${day} pukul ${time}). Absen tetap tersimpan dan dikirim, tetapi diperiksa dahulu dan mungkin tidak dihitung. Minta kartu baru kepada operator unit, dan lapor kepada atasan.`,
  mismatch: (day: string, time: string) =>
    `HP ini terdaftar atas nama orang lain (diketahui ${day} pukul ${time}). Absen tetap tersimpan dan dikirim, tetapi belum tentu dihitung untuk Anda. Tunjukkan HP kepada operator unit.`,
  refusedWhatToDo: "Absen ini tidak hilang; tunjukkan HP kepada operator unit.",
  stateSaved: (direction: string, time: string) => `${direction} ${time} tersimpan di HP`,
  stateRecorded: (direction: string, time: string) => `${direction} ${time} tercatat`,
  refusedUnreadable: "Absen ini tidak dapat dibaca. Perbarui aplikasi; absen tetap tersimpan di HP.",
  saveFailed:
    "Absen belum tersimpan: penyimpanan HP ini rusak. Catat nama dan jam Anda, lalu lapor kepada atasan sekarang.",
  unkept_full:
    "Penyimpanan HP penuh: absen ini belum tersimpan di HP dan dikirim langsung. Jangan tutup aplikasi ini; hapus foto atau video yang tidak perlu.",
  unkept_broken:
    "Penyimpanan HP bermasalah: absen ini belum tersimpan di HP dan dikirim langsung. Jangan tutup aplikasi ini.",
  unkeptSending: "Belum tersimpan di HP, sedang dikirim",
  unkeptWaiting:
    "Belum tersimpan di HP, belum terkirim. Jangan tutup aplikasi ini; catat nama dan jam Anda, lalu lapor kepada atasan.",
  unkeptReceived: "HP tidak dapat menyimpannya. Buka baris ini dan simpan tanda terimanya sekarang.",

  trouble_no_answer: "Belum ada jawaban. Dikirim lagi sendiri.",
  trouble_overloaded: "Sedang ramai. Dikirim lagi sendiri.",
  trouble_not_the_gate: "Wi-Fi ini meminta login dahulu. Absen aman di HP dan dikirim lagi sendiri.",
  trouble_unproven: "Jawaban belum dapat dipastikan. HP mengirim lagi sendiri.",
  trouble_unverified:
    "Jawaban belum dapat diperiksa: aplikasi belum terunduh lengkap. Absen aman di HP; tutup dan buka lagi aplikasi saat ada jaringan.",

  result: "Hasil hari ini",
  resultOfNight: (day: string) => `Hasil sif ${day}`,
  resultUnknown: "Belum diketahui",
  resultAfterConfirmation: "Tampil setelah HP ini disahkan.",
  provisional: "sementara",
  resultAsOf: (time: string) => `dilihat pukul ${time}`,

  receipt: "Tanda terima",
  receiptNone: "Belum ada tanda terima. Absen ini aman di HP dan akan dikirim sendiri.",
  receiptChecked: "Diperiksa HP ini: cocok",
  tapTime: "Jam absen",
  judgedTime: "Jam yang dihitung",
  receivedTime: "Diterima",
  grade: "Bukti waktu",
  officialTime: "Waktu resmi terakhir sebelum absen",
  officialTimeNone: "Tidak ada",
  recordNumber: (seq: number) => `Absen ke-${seq} dari HP ini`,
  sequence: "Urutan",
  location: "Lokasi",
  locationSent: "Ikut tersimpan, dari versi aplikasi yang lama",
  tries: "Percobaan kirim",
  evidence: "Bukti teknis",
  hash: "Kode keaslian catatan (SHA-256)",
  journal: "Jurnal",
  position: "Nomor dalam jurnal",
  bookSize: "Jumlah catatan saat itu",
  statement: "Catatan pengiriman",
  statementSent: "Terkirim",
  statementNone: "Tidak ada",
  journalLater: "Juga dalam jurnal",
  saveLater: (turn: string) => `Simpan tanda terima dari jurnal ${turn}`,
  saveReceipt: "Simpan tanda terima",
  shareReceipt: "Bagikan",

  monthIntro:
    "Di sini nanti tampil hasil setiap hari, cuti, dan koreksi Anda. Untuk sekarang: absen bulan ini yang tersimpan di HP ini.",
  monthNone: "Belum ada absen bulan ini di HP ini.",

  whoTitle: "Siapa yang absen?",
  whoHint: "HP ini dipakai bersama. Absen dan riwayat setiap orang terpisah.",
  switchPerson: "Ganti orang",
  tapAs: (name: string) => `sebagai ${name}`,
  people: "Orang di HP ini",
  peopleAlone: "HP ini hanya dipakai Anda.",
  peopleShared: "HP ini dipakai bersama. Absen dan riwayat Anda tidak ditampilkan kepada yang lain.",
  addPerson: "Tambah orang di HP ini",
  addIntro:
    "HP ini sudah dipakai orang lain. Absen dan riwayat Anda terpisah; setiap kali dibuka, aplikasi bertanya siapa yang absen.",
  removePerson: (name: string) => `Hapus ${name} dari HP ini`,
  removeTitle: (name: string) => `Hapus ${name} dari HP ini?`,
  removeText: [
    "Kunci digital, absen, dan tanda terima orang ini di HP ini dihapus. Yang sudah diterima tetap ada.",
    "Simpan dahulu tanda terima yang masih diperlukan. Untuk absen lagi di HP ini perlu kartu pendaftaran baru.",
  ],
  removeUnsent: (count: number) =>
    `Belum bisa dihapus: ${count} absen belum terkirim. Hubungkan HP ke jaringan dahulu.`,
  removeNow: "Hapus",
  cancel: "Batal",

  language: "Bahasa",
  thisPhone: "HP ini",
  person: "Nomor Hadir",
  enrolledAt: "Terdaftar sejak",
  slip: "Kartu pendaftaran",
  slipChecked: (slip: number) => `Nomor ${slip}, asli`,
  slipUnchecked: (slip: number) => `Nomor ${slip}, diperiksa saat terhubung`,
  slipWrong: (slip: number) => `Nomor ${slip}, tidak dikenal. Minta kartu baru kepada operator unit.`,
  slipExpired: "Lewat tanggal. Absen tetap tersimpan; minta kartu baru kepada operator unit.",
  confirmation: "Pengesahan HP",
  standing_confirmed: "Sudah",
  standing_unconfirmed: "Menunggu pengesahan; absen dihitung sementara",
  standing_revoked: "Tidak berlaku lagi. Minta kartu baru kepada operator unit.",
  standing_mismatch: "Terdaftar atas nama orang lain. Tunjukkan HP kepada operator unit.",
  deviceKey: "Kode HP",
  unsent: "Belum terkirim",
  unsentCount: (count: number) => (count ? `${count} absen` : "Tidak ada"),
  exportUnsent: "Simpan absen yang belum terkirim",
  storage: "Penyimpanan",
  storageKept: "Dijaga oleh HP",
  storageMay: "HP boleh menghapusnya jika penuh",
  storageUnknown: "Tidak diketahui",
  version: "Versi aplikasi",
  site: "Kode instansi",
  siteUnknown: "Belum pernah terhubung",
  enrolAgain: "Daftarkan dengan kartu lain",
  aboutMe: "Yang disimpan tentang saya",
  aboutMeList: [
    "Di HP ini: nomor Hadir dan kunci digital disimpan sampai Anda dihapus dari HP ini. Catatan dan tanda terima dihapus 35 hari setelah tanda terima.",
    "Yang dikirim: waktu absen, masuk atau pulang, dan nomor Hadir. Lokasi tidak diambil.",
    "Tidak pernah disimpan: sidik jari, wajah, kata sandi, isi HP.",
  ],

  moveTo: (browser: string) => `Buka dahulu di ${browser}`,
  moveInApp: (app: string) =>
    `Halaman ini terbuka di dalam ${app}. Yang didaftarkan di sini dapat hilang bersama aplikasi itu.`,
  moveAnotherApp: "aplikasi lain",
  moveInAppSteps: (browser: string) => [
    `Ketuk tanda titik tiga atau Bagikan, lalu pilih Buka di ${browser}.`,
    `Bila pilihan itu tidak ada: salin tautan ini, buka ${browser}, lalu tempel di kolom alamat.`,
  ],
  moveToHomeScreen: "Tambahkan dahulu ke layar utama",
  moveIosTab:
    "Di iPhone dan iPad, data di halaman ini terhapus bila 7 hari tidak dibuka, dan tidak terbawa ke aplikasi di layar utama. Daftarkan HP di dalam aplikasi itu.",
  moveIosFirst: "Salin kode kartu ini.",
  moveIosSteps: [
    "Di Safari ketuk Bagikan, lalu pilih Tambah ke Layar Utama.",
    "Buka Hadir dari layar utama, tempel atau ketik kode kartu di sana, lalu daftarkan.",
  ],
  moveCopyLink: "Salin tautan",
  moveCopyCode: "Salin kode kartu",
  moveCopied: "Sudah disalin",
  moveStay: "Tetap daftar di sini",
  moveRisk:
    "Bila tetap di sini: absen yang belum terkirim dan pendaftaran HP ini dapat hilang, dan perlu kartu baru.",

  enrolTitle: "Daftarkan HP ini",
  enrolIntro:
    "Pindai kode QR pada kartu pendaftaran dengan kamera HP, atau ketik enam baris kodenya di sini. Tidak perlu sinyal.",
  enrolCode: "Kode pada kartu",
  enrolHint: "Enam baris. Huruf besar atau kecil, spasi dan tanda hubung tidak berpengaruh.",
  enrolSubmit: "Daftarkan HP",
  enrolReplace: (person: number) =>
    `HP ini sudah terdaftar untuk pegawai ${person}. Mendaftar lagi membuat kode HP baru; absen yang belum terkirim tetap dikirim.`,
  enrolDone: (person: number) => `HP ini terdaftar untuk pegawai ${person}.`,
  enrolLines: (lines: string) => `Periksa lagi baris ${lines}.`,
  enrolLength: (characters: number) => `Kode belum lengkap: ${characters} karakter terbaca, seharusnya 126.`,
  enrolContent: "Kode ini tidak benar. Periksa lagi, atau minta kartu baru kepada operator unit.",
  enrolFull: "HP ini sudah dipakai empat orang. Salah satu harus dihapus dahulu dari HP ini.",
  enrolSaveFailed:
    "HP ini tidak bisa menyimpan. Tutup mode penyamaran atau kosongkan penyimpanan, lalu coba lagi.",
  deniedTitle: "HP ini tidak bisa menyimpan absen",
  deniedText: [
    "Catat nama dan jam datang Anda, lalu lapor kepada atasan sekarang.",
    "Lalu tutup mode penyamaran, atau kosongkan penyimpanan HP, dan buka lagi aplikasi ini.",
  ],
  and: "dan",
};

export type Texts = typeof id;
