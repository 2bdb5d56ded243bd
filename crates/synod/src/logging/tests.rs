//! A misspelt level is told from what may stand alone.

use super::*;

#[test]
fn a_word_that_is_no_level_and_no_part_of_synod_is_found() {
    for good in ["", "off", "debug", "INFO", "info,synod_node=debug", "synod_node", "debug , synod", "hyper=warn", "3"]
    {
        assert_eq!(stray_word(good), None, "{good:?}");
    }
    for (bad, word) in [("inof", "inof"), ("info,tokio", "tokio"), ("synod_node=debug, dbug", "dbug")] {
        assert_eq!(stray_word(bad), Some(word));
    }
}
