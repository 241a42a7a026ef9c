/** Two soft notes; made here, so that nothing has to be fetched. */

const NOTES_HZ = [660, 880] as const;
const NOTE_S = 0.18;
const LOUD = 0.12;

export function chime(): void {
  const audio = new AudioContext();
  NOTES_HZ.forEach((pitch, index) => {
    const from = audio.currentTime + index * NOTE_S;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(LOUD, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, from + NOTE_S);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + NOTE_S);
    if (index === NOTES_HZ.length - 1) tone.onended = () => void audio.close();
  });
}
