//! The process's two streams: whether they are terminals, whether they take colours, what is written to them.

use std::io::{BufRead, IsTerminal, Write};

use indicatif::MultiProgress;
use owo_colors::{OwoColorize, Style};

/// The process's standard output and standard error.
pub struct Terminal {
    err_is_terminal: bool,
    out_colours: bool,
    err_colours: bool,
    /// Everything that is drawn in place; lines are written above it.
    live: MultiProgress,
}

impl Terminal {
    /// The streams of this process. `NO_COLOR` and `TERM=dumb` are honoured.
    pub fn of_process() -> Terminal {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let plain = dumb || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let err_is_terminal = std::io::stderr().is_terminal() && !dumb;
        Terminal {
            err_is_terminal,
            out_colours: std::io::stdout().is_terminal() && !plain,
            err_colours: err_is_terminal && !plain,
            live: MultiProgress::new(),
        }
    }

    /// Whether lines can be drawn in place.
    pub fn is_live(&self) -> bool {
        self.err_is_terminal
    }

    /// Whether standard output may be coloured.
    pub fn out_colours(&self) -> bool {
        self.out_colours
    }

    /// Whether standard error may be coloured.
    pub fn err_colours(&self) -> bool {
        self.err_colours
    }

    /// What is drawn in place.
    pub fn live(&self) -> &MultiProgress {
        &self.live
    }

    /// Writes to standard output. A closed pipe ends the writing quietly.
    pub fn out(&self, text: &str) {
        self.live.suspend(|| write(std::io::stdout().lock(), text));
    }

    /// Writes to standard error.
    pub fn err(&self, text: &str) {
        self.live.suspend(|| write(std::io::stderr().lock(), text));
    }

    /// Whether a question can be asked and answered.
    pub fn can_ask(&self) -> bool {
        self.err_is_terminal && std::io::stdin().is_terminal()
    }

    /// Asks, and reads one line; a closed input answers nothing.
    pub fn ask(&self, question: &str) -> String {
        self.live.suspend(|| {
            let mut stream = std::io::stderr().lock();
            let _ = stream.write_all(question.as_bytes());
            let _ = stream.flush();
            let mut answer = String::new();
            let _ = std::io::stdin().lock().read_line(&mut answer);
            answer
        })
    }

    /// Writes what is held back.
    pub fn flush(&self) {
        let _ = std::io::stdout().flush();
    }

    /// For standard error: a failure's first word.
    pub fn red(&self, text: &str) -> String {
        self.paint(text, Style::new().red().bold())
    }

    /// For standard error: a warning's first word.
    pub fn yellow(&self, text: &str) -> String {
        self.paint(text, Style::new().yellow().bold())
    }

    /// For standard error: what went well.
    pub fn green(&self, text: &str) -> String {
        self.paint(text, Style::new().green())
    }

    /// For standard error: a note's first word.
    pub fn cyan(&self, text: &str) -> String {
        self.paint(text, Style::new().cyan().bold())
    }

    /// For standard error: what matters less.
    pub fn dim(&self, text: &str) -> String {
        self.paint(text, Style::new().dimmed())
    }

    /// For standard output: what matters less.
    pub fn out_dim(&self, text: &str) -> String {
        match self.out_colours {
            true => text.style(Style::new().dimmed()).to_string(),
            false => text.to_owned(),
        }
    }

    fn paint(&self, text: &str, style: Style) -> String {
        match self.err_colours {
            true => text.style(style).to_string(),
            false => text.to_owned(),
        }
    }
}

/// Writes `text` and a line break if it has none. Nothing can be told to whom a stream that is closed leads.
fn write(mut stream: impl Write, text: &str) {
    let _ = stream.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = stream.write_all(b"\n");
    }
    let _ = stream.flush();
}
