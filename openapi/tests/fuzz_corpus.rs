//! What fuzzing found stays understood: the corpus of the document target, read again.

#[path = "../fuzz/read_document.rs"]
mod read_document;

#[test]
fn the_corpus_is_read_without_a_panic() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/documents");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        read_document::read_document(&std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files >= 8, "the corpus has {files} files");
}
