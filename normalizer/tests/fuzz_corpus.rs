//! What fuzzing found stays understood: the corpus of the event target, read again.

#[path = "../../openapi/fuzz/read_event.rs"]
mod read_event;

#[test]
fn the_corpus_is_normalized_without_a_panic() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/fuzz/corpus/events");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        read_event::read_event(&std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files >= 10, "the corpus has {files} files");
}
