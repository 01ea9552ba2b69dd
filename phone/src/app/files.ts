/** Handing a text file to the person: save, or share where the phone can. */

export const textFile = (name: string, content: string): File =>
  new File([content], name, { type: "text/plain" });

export const saveFile = (file: File): void => {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
};

export const canShareFiles = (): boolean =>
  typeof navigator.canShare === "function" && navigator.canShare({ files: [textFile("hadir.txt", "")] });

export const shareFile = async (file: File): Promise<void> => {
  try {
    await navigator.share({ files: [file], title: file.name });
  } catch {
    // the person closed the sheet
  }
};
